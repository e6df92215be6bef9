import { optionArgs, type NixSettings } from '../run/settings.js';
import type { EngineAnswer, EngineConfig, EvaluationEngine } from './engine.js';
import { EvaluationError, causeOf } from './evaluation-error.js';
import { argumentSet, rootExpression, searchPathArgs, type EvaluationSource } from './inputs.js';
import { InstantiateEngine } from './instantiate-engine.js';
import { attrName, parseDescriptions, type Description, type EvaluatedJob, type JobError } from './jobs.js';
import { ReplEngine } from './repl-engine.js';
import { nixPaths, walkerExpression } from './walker.js';

export type EvaluationLimits = Readonly<{
  /** Of the whole evaluation, ms. Default an hour. */
  timeoutMs?: number;
  /** Of one job, ms. Default 10 minutes. */
  jobTimeoutMs?: number;
  /** Resident memory of one evaluator, MB. Default 4096. */
  maxMemoryMb?: number;
  /** Evaluators at a time. Default 1. */
  workers?: number;
  /** Attributes asked at once. Default 100 for the repl, 500 for nix-instantiate. */
  chunk?: number;
}>;

export type EvaluateOptions = Readonly<{
  limits?: EvaluationLimits;
  /** A handful of jobs at a time, awaited: root their derivations here, for the evaluator's own roots end with it. */
  onJobs: (jobs: readonly EvaluatedJob[]) => void | Promise<void>;
  onError: (error: JobError) => void | Promise<void>;
  onWarning?: (message: string) => void;
  onProgress?: (progress: EvaluationProgress) => void;
  signal?: AbortSignal;
  /** Import from derivation. Default false. */
  allowImportFromDerivation?: boolean;
  /** Restricted evaluation of expressions: only inputs can be read. Default true. */
  restrict?: boolean;
  /** Default: `repl` for expressions; `instantiate` for flakes, since the repl of 2.8 cannot evaluate purely. */
  engine?: 'repl' | 'instantiate';
}>;

export type EvaluationProgress = Readonly<{
  jobs: number;
  errors: number;
  /** attributes known and not yet looked at */ pending: number;
}>;
export type EvaluationTotals = Readonly<{ jobs: number; errors: number; warnings: number }>;

type Path = readonly string[];

/** Evaluates a source to its jobs. Rejects with EvaluationError where the root does not evaluate, and at the limits. */
export async function evaluateJobs(
  settings: NixSettings,
  source: EvaluationSource,
  options: EvaluateOptions,
): Promise<EvaluationTotals> {
  const { timeoutMs = 3_600_000, workers = 1 } = options.limits ?? {};
  const stop = new AbortController();
  const overall = setTimeout(
    () =>
      stop.abort(new EvaluationError('timed-out', `error: evaluation took longer than ${timeoutMs / 1000} seconds`)),
    timeoutMs,
  );
  const onAbort = (): void => stop.abort(new EvaluationError('cancelled', 'the evaluation was cancelled'));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  try {
    return await new Walk(settings, source, options, stop).run(workers);
  } finally {
    clearTimeout(overall);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

class Walk {
  private readonly queue: Path[] = [];
  private readonly engineConfig: EngineConfig;
  private engineKind: 'repl' | 'instantiate';
  private busy = 0;
  /** Message by file. */
  private readonly incomplete = new Map<string, string>();
  private idle: (() => void)[] = [];
  private jobs = 0;
  private errors = 0;
  private warnings = 0;

  constructor(
    private readonly settings: NixSettings,
    private readonly source: EvaluationSource,
    private readonly options: EvaluateOptions,
    private readonly stop: AbortController,
  ) {
    this.engineKind = options.engine ?? (source.kind === 'flake' ? 'instantiate' : 'repl');
    const inputs = source.kind === 'expression' ? source.args : [];
    this.engineConfig = {
      walker: walkerExpression(rootExpression(source), argumentSet(inputs)),
      args: [
        ...optionArgs(settings, this.evaluationOptions()),
        ...searchPathArgs(inputs),
        ...this.expressionSearchPath(),
      ],
      maxRssMb: options.limits?.maxMemoryMb ?? 4096,
      signal: stop.signal,
    };
  }

  private evaluationOptions(): Record<string, string> {
    const common = {
      'allow-import-from-derivation': String(this.options.allowImportFromDerivation ?? false),
      'nix-path': '',
    };
    if (this.source.kind === 'expression') return { ...common, 'restrict-eval': String(this.options.restrict ?? true) };
    const features = `${this.settings.options['experimental-features'] ?? ''} nix-command flakes`.trim();
    return { ...common, 'pure-eval': 'true', 'experimental-features': features };
  }

  private expressionSearchPath(): string[] {
    if (this.source.kind === 'flake') return [];
    const { name, storePath } = this.source.input;
    return this.source.args.some((input) => input.name === name && 'storePath' in input)
      ? []
      : ['-I', `${name}=${storePath}`];
  }

  async run(workers: number): Promise<EvaluationTotals> {
    let failure: unknown;
    const fail = (error: unknown): void => {
      failure ??= error;
      this.stop.abort(error);
      this.wakeAll();
    };
    const root = new Worker(() => this.startEngine());
    try {
      await this.look(root, [[]]);
      const others = Array.from({ length: workers - 1 }, () => new Worker(() => this.startEngine()));
      await Promise.all(
        [root, ...others].map((worker) =>
          this.work(worker)
            .catch(fail)
            .finally(() => worker.close()),
        ),
      );
    } catch (error) {
      fail(error);
    } finally {
      await root.close();
    }
    if (failure !== undefined) throw failure;
    return { jobs: this.jobs, errors: this.errors, warnings: this.warnings };
  }

  private startEngine(): Promise<EvaluationEngine> {
    if (this.engineKind === 'instantiate')
      return Promise.resolve(new InstantiateEngine(this.settings, this.engineConfig));
    return ReplEngine.start(this.settings, this.engineConfig);
  }

  /** Takes chunks until none is left and nobody can find more. */
  private async work(worker: Worker): Promise<void> {
    const chunk = this.options.limits?.chunk ?? (this.engineKind === 'repl' ? 100 : 500);
    for (;;) {
      this.throwIfStopped();
      // The newest first: the queue stays as deep as the tree, not as wide.
      const paths = this.queue.splice(-chunk);
      if (paths.length > 0) {
        this.busy += 1;
        try {
          await this.look(worker, paths);
          // Only now: until the caller has rooted the derivations, the engine's own roots keep them.
          await worker.closeAbove(this.engineConfig.maxRssMb * 0.75);
        } finally {
          this.busy -= 1;
          this.wakeAll();
        }
      } else if (this.busy > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
      else return;
    }
  }

  private wakeAll(): void {
    for (const wake of this.idle.splice(0)) wake();
  }

  private throwIfStopped(): void {
    if (this.stop.signal.aborted) throw this.stop.signal.reason;
  }

  /** Looks at paths; halves a chunk that fails until the one path to blame is alone. */
  private async look(worker: Worker, paths: readonly Path[]): Promise<void> {
    const answer = await this.ask(worker, `jsons ${nixPaths(paths)}`, paths.length === 1);
    if ('ok' in answer) return this.take(worker, paths, parseDescriptions(answer.ok));
    if (paths.length > 1) {
      const half = paths.length >> 1;
      await this.look(worker, paths.slice(0, half));
      return this.look(worker, paths.slice(half));
    }
    await this.blame(paths[0]!, answer, false);
  }

  /** `alone`: the question is about one path, and its error must be told. */
  private async ask(worker: Worker, call: string, alone: boolean): Promise<EngineAnswer> {
    for (;;) {
      this.throwIfStopped();
      const engine = await worker.engine();
      const { used } = engine;
      const deadlineMs = this.options.limits?.jobTimeoutMs ?? 600_000;
      const answer = await engine.ask(call, deadlineMs);
      if ('incomplete' in answer && alone) return this.tellIncomplete(answer.incomplete, call, deadlineMs);
      if ('unsupported' in answer && this.engineKind === 'repl') {
        await worker.close();
        this.engineKind = 'instantiate';
        this.options.onWarning?.(answer.unsupported);
        continue;
      }
      if ('died' in answer) {
        await worker.close();
        this.throwIfStopped();
        // What earlier jobs left in memory is not this one's fault.
        if (used && answer.died !== 'time') continue;
      }
      return answer;
    }
  }

  /** Nix's own message on a file that ends too early, from an engine that has it. Slow, so once for each file. */
  private async tellIncomplete(file: string, call: string, deadlineMs: number): Promise<EngineAnswer> {
    const known = this.incomplete.get(file);
    if (known !== undefined) return { error: known };
    const told = await new InstantiateEngine(this.settings, this.engineConfig).ask(call, deadlineMs);
    this.throwIfStopped();
    if (file !== '' && 'error' in told && told.error.includes(`${file}:`)) this.incomplete.set(file, told.error);
    return told;
  }

  private async take(worker: Worker, paths: readonly Path[], found: readonly Description[]): Promise<void> {
    const jobs: EvaluatedJob[] = [];
    const threw: Path[] = [];
    const children: Path[] = [];
    for (const [index, description] of found.entries()) {
      const path = paths[index]!;
      if ('job' in description) jobs.push({ attr: attrName(path), ...description.job });
      else if ('set' in description) children.push(...this.childPaths(path, description.set));
      else if ('threw' in description) threw.push(path);
      else if ('bad' in description) await this.bad(path, description.bad);
    }
    // Backwards, as the queue is taken from its end.
    this.queue.push(...children.reverse());
    this.wakeAll();
    if (jobs.length > 0) {
      this.jobs += jobs.length;
      await this.options.onJobs(jobs);
    }
    this.options.onProgress?.({ jobs: this.jobs, errors: this.errors, pending: this.queue.length + threw.length });
    for (const path of threw) {
      const answer = await this.ask(worker, `json (builtins.head ${nixPaths([path])})`, true);
      if ('ok' in answer) await this.take(worker, [path], parseDescriptions(answer.ok));
      else await this.blame(path, answer, true);
    }
  }

  private childPaths(path: Path, names: readonly string[]): Path[] {
    return names.flatMap((name) => {
      if (!name.includes(' ')) return [[...path, name]];
      this.warnings += 1;
      this.options.onWarning?.(`skipping job with illegal name '${attrName([...path, name])}'`);
      return [];
    });
  }

  private async bad(path: Path, type: string): Promise<void> {
    const message = `error: attribute '${attrName(path)}' is of type '${type}': neither a derivation nor an attribute set`;
    if (path.length === 0) throw new EvaluationError('not-a-job-set', message);
    await this.error(path, message);
  }

  private async blame(path: Path, answer: EngineAnswer, threw: boolean): Promise<void> {
    const message = 'error' in answer ? answer.error : 'died' in answer ? answer.message : JSON.stringify(answer);
    if (path.length > 0) return this.error(path, message);
    const died =
      'died' in answer
        ? ({ memory: 'out-of-memory', time: 'timed-out', crash: undefined, cancelled: 'cancelled' } as const)[
            answer.died
          ]
        : undefined;
    const told = causeOf(message, threw);
    throw new EvaluationError(died ?? ('died' in answer && told === 'evaluation-error' ? 'crash' : told), message);
  }

  private async error(path: Path, message: string): Promise<void> {
    this.errors += 1;
    await this.options.onError({ job: attrName(path), message });
  }
}

/** A place for an engine, which is started when needed and again after it ended. */
class Worker {
  private current: EvaluationEngine | undefined;
  constructor(private readonly start: () => Promise<EvaluationEngine>) {}

  async engine(): Promise<EvaluationEngine> {
    return (this.current ??= await this.start());
  }

  async closeAbove(rssMb: number): Promise<void> {
    if (this.current !== undefined && (await this.current.rssMb()) > rssMb) await this.close();
  }

  async close(): Promise<void> {
    const engine = this.current;
    this.current = undefined;
    await engine?.close();
  }
}
