import { spawn } from 'node:child_process';
import { stripAnsi } from '../run/process.js';
import type { NixSettings } from '../run/settings.js';
import { errorText, type EngineAnswer, type EngineConfig, type EvaluationEngine } from './engine.js';
import { watch } from './watch.js';

/**
 * A `nix-instantiate` for each question: slower, for its root is evaluated each time, but its output is an API and it knows
 * pure evaluation, which the repl of 2.8 does not.
 */
export class InstantiateEngine implements EvaluationEngine {
  // Each process is fresh, so a question that kills it is always to blame itself.
  readonly used = false;

  constructor(
    private readonly settings: NixSettings,
    private readonly config: EngineConfig,
  ) {}

  ask(call: string, deadlineMs: number): Promise<EngineAnswer> {
    const args = [...this.config.args, '--eval', '--strict', '--json', '--read-write-mode', '-'];
    const child = spawn(this.settings.commands.nixInstantiate, args, { env: this.settings.env });
    const { stop, verdict } = watch(child, { deadlineMs, maxRssMb: this.config.maxRssMb, signal: this.config.signal });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(`let w = ${this.config.walker}; in w.${call}`);
    return new Promise((resolve) => {
      const end = (answer: EngineAnswer): void => (stop(), resolve(answer));
      child.once('error', (error) => end({ died: 'crash', message: `error: ${error.message}` }));
      child.once('close', (code, signal) => {
        const killed = verdict();
        const said = stripAnsi(stderr);
        if (killed !== undefined) end({ died: killed.reason, message: killed.message });
        else if (code === 0) end({ ok: JSON.parse(stdout) as string });
        else if (code !== null && /^error:/m.test(said)) end({ error: errorText(said) });
        else end({ died: 'crash', message: errorText(said) || `error: nix-instantiate ended (${signal ?? code})` });
      });
    });
  }

  async rssMb(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}
}
