import { toBasicDerivation, type Derivation } from '../format/derivation.js';
import { readDerivation, resolveInputs } from './inputs-of-derivation.js';
import { ServeConnection, ServeError, type BuildLimits } from './serve-connection.js';
import type { BuildReply, PathInfo } from './serve-types.js';
import type { NixSettings } from './settings.js';

export type BuildOutcomeKind =
  | 'succeeded'
  | 'already-valid'
  | 'failed'
  | 'timed-out'
  | 'log-limit-exceeded'
  | 'not-deterministic'
  | 'misc-failure'
  | 'cancelled';

/**
 * What became of one attempt (hydra-reference 5.4). `misc-failure` is the farm's fault and worth a retry elsewhere;
 * `failed` with `retryable` is Nix's own "transient" verdict. Times are our clock's, in ms.
 */
export type BuildOutcome = Readonly<{
  kind: BuildOutcomeKind;
  /** For `timed-out`: of the whole build, or silence. */
  detail?: 'timeout' | 'max-silent';
  /** Why, for people; '' on success. */
  message: string;
  retryable: boolean;
  startedAt: number;
  stoppedAt: number;
  /** False where the builder was never started. */
  started: boolean;
  timesBuilt: number;
  /**
   * Of a slot with `copies`, with `misc-failure`: the machine could not be used (not reached, went away, a copy failed), and why.
   * Not the build's fault: the machine is worth a pause, the step another one.
   */
  machineFault?: string;
  /** The outputs' path infos by output name; empty unless it succeeded. Valid in the local store. */
  outputs: ReadonlyMap<string, PathInfo>;
}>;

export type BuildSlotConfig = Readonly<{
  settings: NixSettings;
  /** Serve command of the machine, `localServeCommand(settings)` for this one. */
  command: readonly string[];
  /** Clock, ms. */
  now: () => number;
  /** A connection is replaced after so many builds; default 1000. */
  buildsPerConnection?: number;
  /** How long after Nix's own timeout ours cuts the connection, ms; default 30 000. */
  graceMs?: number;
  /** How long a machine has to greet, ms; default 60 000. */
  connectMs?: number;
  /** Where the command's store is not the local one: how paths get there and back. */
  copies?: StoreCopies;
}>;

/** Moves paths between the local store and the one where a slot builds. Both reject with what went wrong. */
export type StoreCopies = Readonly<{
  /** Makes local paths and their closures valid there; afterwards `connection` keeps them from the garbage collector there. */
  send: (connection: ServeConnection, paths: readonly string[], signal?: AbortSignal) => Promise<void>;
  /** Makes paths that were built there valid in the local store, checked against their hashes and sizes. */
  fetch: (infos: readonly PathInfo[], signal?: AbortSignal) => Promise<void>;
}>;

export type BuildRequest = Readonly<{
  drvPath: string;
  limits: BuildLimits;
  /** Every byte the builder wrote, in order, before the build resolves. */
  onLog: (chunk: Buffer) => void;
  /** Cancels: the builder is ended and awaited. */
  signal?: AbortSignal;
  /** Called once the builder has ended and only outputs have yet to be copied: the slot can take the next build. */
  onBuilt?: () => void;
}>;

/** One place where one derivation at a time is built, over one connection that outlives builds. */
export class BuildSlot {
  private connection: ServeConnection | undefined;
  private builds = 0;
  /** builds that are not over: a next one may begin while outputs are copied */
  private active = 0;

  constructor(private readonly config: BuildSlotConfig) {}

  /** Builds one derivation. Never rejects for what a build or a machine does: that is an outcome. */
  async build({ drvPath, limits, onLog, signal, onBuilt }: BuildRequest): Promise<BuildOutcome> {
    const startedAt = this.config.now();
    const outcome = (kind: BuildOutcomeKind, message: string, more: Partial<BuildOutcome> = {}): BuildOutcome => ({
      kind,
      message,
      retryable: kind === 'misc-failure',
      startedAt,
      stoppedAt: this.config.now(),
      started: false,
      timesBuilt: 0,
      outputs: new Map(),
      ...more,
    });
    if (signal?.aborted) return outcome('cancelled', 'cancelled before it started');
    const { copies } = this.config;
    let connection: ServeConnection | undefined;
    let cancelling: Promise<boolean> | undefined;
    let overdue = false;
    // Once it is built, the connection may be another build's.
    let built = false;
    const stop = (): void => void (cancelling ??= built ? undefined : connection?.cancel());
    let deadline: NodeJS.Timeout | undefined;
    signal?.addEventListener('abort', stop, { once: true });
    this.active += 1;
    try {
      const drv = await readDerivation(drvPath);
      const { inputs, outputPath } = await resolveInputs(drv);
      const basic = toBasicDerivation(drv, outputPath);
      connection = await this.connected(signal);
      if (signal?.aborted) return outcome('cancelled', 'cancelled before it started');
      await copies?.send(connection, inputs, signal);
      const missing = await missingPaths(connection, inputs);
      if (missing.length > 0)
        return outcome('misc-failure', `inputs are not valid in the store: ${missing.slice(0, 5).join(', ')}`);
      if (limits.timeoutSecs > 0) {
        const ms = limits.timeoutSecs * 1000 + (this.config.graceMs ?? 30_000);
        // setTimeout's own limit is 2^31-1 ms
        deadline = setTimeout(() => ((overdue = true), stop()), Math.min(ms, 2 ** 31 - 1));
      }
      const reply = await connection.buildDerivation(drvPath, basic, limits, onLog);
      clearTimeout(deadline);
      this.builds += 1;
      const outputs = isSuccess(reply) ? await outputInfos(connection, drv) : new Map<string, PathInfo>();
      built = true;
      const stoppedAt = this.config.now();
      if (copies && outputs.size > 0) {
        onBuilt?.();
        await copies.fetch([...outputs.values()], signal);
      }
      return outcome(...judge(reply, limits), { ...details(reply), stoppedAt, outputs });
    } catch (error) {
      if (cancelling !== undefined) await cancelling;
      if (overdue)
        return outcome('timed-out', `not over after ${limits.timeoutSecs} seconds and the grace`, {
          detail: 'timeout',
          started: true,
        });
      if (signal?.aborted) return outcome('cancelled', 'cancelled', { started: true });
      const message = error instanceof Error ? error.message : String(error);
      const started = error instanceof ServeError;
      return outcome('misc-failure', message, { started, ...(copies && started ? { machineFault: message } : {}) });
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', stop);
      this.active -= 1;
      if (this.builds >= (this.config.buildsPerConnection ?? 1000) && this.active === 0) await this.close();
    }
  }

  /** The live connection, for questions between builds. */
  async connected(signal?: AbortSignal): Promise<ServeConnection> {
    if (this.connection?.usable !== true) {
      this.builds = 0;
      this.connection = await ServeConnection.open(
        this.config.command,
        this.config.settings.env,
        this.config.connectMs,
        signal,
      );
    }
    return this.connection;
  }

  async close(): Promise<void> {
    const connection = this.connection;
    this.connection = undefined;
    await connection?.close();
  }
}

const isSuccess = ({ status }: BuildReply): boolean =>
  status === 'Built' || status === 'Substituted' || status === 'AlreadyValid' || status === 'ResolvesToAlreadyValid';

async function missingPaths(connection: ServeConnection, paths: readonly string[]): Promise<string[]> {
  const valid = new Set(await connection.queryValidPaths(paths));
  return paths.filter((path) => !valid.has(path));
}

async function outputInfos(connection: ServeConnection, drv: Derivation): Promise<Map<string, PathInfo>> {
  const names = new Map([...drv.outputs].map(([name, { path }]) => [path, name]));
  const infos = await connection.queryPathInfos([...names.keys()]);
  if (infos.length !== names.size || !infos.every(({ path }) => names.has(path)))
    throw new ServeError('the build succeeded, but not all of its outputs are valid');
  return new Map(infos.map((info) => [names.get(info.path)!, info]));
}

const details = (reply: BuildReply): Partial<BuildOutcome> => ({
  started: reply.startTime !== 0,
  timesBuilt: reply.timesBuilt,
  ...(reply.status === 'TimedOut'
    ? { detail: /of silence/.test(reply.message) ? ('max-silent' as const) : ('timeout' as const) }
    : {}),
  ...(reply.status === 'TransientFailure' || reply.status === 'MiscFailure' ? { retryable: true } : {}),
});

function judge({ status, message }: BuildReply, limits: BuildLimits): [BuildOutcomeKind, string] {
  switch (status) {
    case 'Built':
      return ['succeeded', ''];
    case 'Substituted':
    case 'AlreadyValid':
    case 'ResolvesToAlreadyValid':
      return ['already-valid', ''];
    case 'PermanentFailure':
    case 'InputRejected':
    case 'OutputRejected':
    case 'TransientFailure':
      return ['failed', message];
    case 'TimedOut':
      return ['timed-out', message];
    case 'LogLimitExceeded':
      return ['log-limit-exceeded', message || `more than ${limits.maxLogBytes} bytes of log`];
    case 'NotDeterministic':
      return ['not-deterministic', message];
    default:
      return ['misc-failure', message || status];
  }
}
