import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripAnsi } from '../run/process.js';
import type { NixSettings } from '../run/settings.js';
import { errorText, type EngineAnswer, type EngineConfig, type EvaluationEngine } from './engine.js';
import { unquoteNix } from './walker.js';
import { kill, residentMb, watch } from './watch.js';

/** Told before a file is parsed: the last one is the one that failed. */
const IMPORTED = /(?<=^evaluating file ').*(?='$)/gm;

/**
 * A `nix repl` fed by a pipe: errors come back while what was evaluated stays. Its output is no API, so answers stand between
 * marks that only we know: printed by the repl (stdout) and by a trace (stderr). In the commands the marks are split in
 * two, because the repl may echo them. Seen with 2.8:
 * `nix-repl> :p ("@"+"B1f…@"+w.jsons …)` echo, then `"@B1f…@[{\"set\":[\"a\"]}]@E1f…@"`.
 *
 * A file that ends too early looks to the repl like a command that goes on: it says nothing and appends the next line. So after
 * each command comes a `let … in`, which prints a mark of its own, but is a syntax error behind anything and ends such a command.
 */
export class ReplEngine implements EvaluationEngine {
  used = false;
  private stdout = '';
  private stderr = '';
  private wake: (() => void) | undefined;
  private readonly exited: Promise<void>;
  private gone = false;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly dir: string,
    private readonly config: EngineConfig,
  ) {
    child.stdout.setEncoding('utf8').on('data', (text: string) => ((this.stdout += text), this.wake?.()));
    child.stderr.setEncoding('utf8').on('data', (text: string) => ((this.stderr += text), this.wake?.()));
    child.stdin.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      const end = (): void => ((this.gone = true), this.wake?.(), resolve());
      child.once('error', end).once('close', end);
    });
  }

  static async start(settings: NixSettings, config: EngineConfig): Promise<ReplEngine> {
    const dir = await mkdtemp(join(tmpdir(), 'iolaus-eval-'));
    await writeFile(join(dir, 'walker.nix'), config.walker);
    // -v: what is imported, so that an incomplete file can be named.
    const args = ['repl', '-v', ...config.args, '-I', `iolaus-walker=${join(dir, 'walker.nix')}`];
    const env = { ...settings.env, TERM: 'dumb', NO_COLOR: '1', XDG_DATA_HOME: join(dir, 'data') };
    const engine = new ReplEngine(spawn(settings.commands.nix, args, { env, cwd: dir }), dir, config);
    engine.child.stdin.write('w = import <iolaus-walker>\n');
    return engine;
  }

  async ask(call: string, deadlineMs: number): Promise<EngineAnswer> {
    const mark = randomBytes(12).toString('hex');
    const { stop, verdict } = watch(this.child, {
      deadlineMs,
      maxRssMb: this.config.maxRssMb,
      signal: this.config.signal,
    });
    this.stdout = '';
    this.stderr = '';
    this.child.stdin.write(`:p ("@"+"B${mark}@"+(w.${call})+"@"+"E${mark}@")\n`);
    this.child.stdin.write(`let r = ("@"+"R${mark}@"); in r\n`);
    this.child.stdin.write(`builtins.trace ("@"+"N${mark}@") ("@"+"N${mark}@")\n`);
    const over = `@N${mark}@`;
    while (!this.gone && !(this.stdout.includes(over) && this.stderr.includes(over)))
      await new Promise<void>((resolve) => (this.wake = resolve));
    stop();
    const said = stripAnsi(this.stderr.split('trace: ' + over)[0]!);
    const killed = verdict();
    if (killed !== undefined) {
      await this.exited;
      return { died: killed.reason, message: killed.message };
    }
    if (this.gone)
      return {
        died: 'crash',
        message: errorText(said) || `error: nix ended (${this.child.signalCode ?? this.child.exitCode})`,
      };
    this.used = true;
    const [begin, end] = [this.stdout.indexOf(`@B${mark}@`), this.stdout.indexOf(`@E${mark}@`)];
    if (begin >= 0 && end > begin) return { ok: unquoteNix(this.stdout.slice(begin + mark.length + 3, end)) };
    if (!this.stdout.includes(`@R${mark}@`)) return { incomplete: said.match(IMPORTED)?.at(-1) ?? '' };
    if (/^error:/m.test(said)) return { error: errorText(said) };
    return { unsupported: `nix repl answers in an unknown form: ${said.slice(-500)}` };
  }

  rssMb(): Promise<number> {
    return residentMb(this.child.pid);
  }

  async close(): Promise<void> {
    this.child.stdin.end();
    kill(this.child);
    await this.exited;
    await rm(this.dir, { recursive: true, force: true });
  }
}
