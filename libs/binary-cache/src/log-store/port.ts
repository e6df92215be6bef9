import type { Readable } from 'node:stream';

/** What a writer reports once the log is closed. */
export type ClosedLog = Readonly<{
  key: string;
  /** bytes written */
  bytes: number;
  /** of those bytes, hex */
  sha256: string;
  /** as told to `close`: the attempt said more than was kept */
  truncated: boolean;
}>;

/** The one writer of one log. */
export interface LogWriter {
  readonly key: string;
  /** Bytes taken so far, for a caller who keeps a limit. */
  readonly bytes: number;
  /** Appends. Readers see the bytes once this resolves; calls that are not awaited keep their order. */
  write(chunk: Buffer): Promise<void>;
  /** Waits for all writes, makes them durable and marks the log as complete. Throws what a write threw. Twice: the same answer. */
  close(options?: Readonly<{ truncated?: boolean }>): Promise<ClosedLog>;
}

/** A piece of a log and where it begins, in bytes. */
export type LogChunk = Readonly<{ offset: number; chunk: Buffer }>;

export type TailOptions = Readonly<{
  /** First byte wanted, default 0. */
  from?: number;
  /** Aborted when nobody will write any more (the attempt ended): what is there is still handed over, then the tail ends. */
  finished?: AbortSignal;
  /** Aborted when the reader went away: the tail ends at once. */
  signal?: AbortSignal;
}>;

/** Logs of attempts at steps, each written once and never overwritten. */
export interface LogStore {
  /** Begins a log. Throws `InvalidLogKeyError`, and `LogExistsError` where the key was ever used. */
  create(key: string): Promise<LogWriter>;
  /** Size in bytes, and whether its writer closed it; undefined where there is none. */
  stat(key: string): Promise<Readonly<{ bytes: number; closed: boolean }> | undefined>;
  /** What is there now, from a byte (default 0) up to but not including `to`. Throws `LogNotFoundError`. */
  read(key: string, options?: Readonly<{ from?: number; to?: number }>): Promise<Readable>;
  /**
   * Follows a log: what is there, then what comes, until its writer closed it, `finished` or `signal`. Waits for a log
   * that is not there yet. A writer that died never closes: then only `finished` and `signal` end the tail.
   */
  tail(key: string, options?: TailOptions): AsyncIterable<LogChunk>;
  /** The last lines, found from the end; at most `maxBytes` (default 1 MiB) of them. Throws `LogNotFoundError`. */
  lastLines(key: string, count: number, options?: Readonly<{ maxBytes?: number }>): Promise<LogChunk>;
}

/** The key of a log breaks its grammar: nothing was touched. */
export class InvalidLogKeyError extends Error {
  override readonly name = 'InvalidLogKeyError';
}

/** A log of this key exists, finished or not: attempts have logs of their own. */
export class LogExistsError extends Error {
  override readonly name = 'LogExistsError';
}

/** There is no log of this key. */
export class LogNotFoundError extends Error {
  override readonly name = 'LogNotFoundError';
}
