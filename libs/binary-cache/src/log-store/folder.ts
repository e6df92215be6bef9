import { createHash } from 'node:crypto';
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { lastLinesOf } from './last-lines.js';
import { checkLogKey } from './keys.js';
import { type ClosedLog, LogExistsError, LogNotFoundError, type LogStore, type LogWriter } from './port.js';
import { tailFile } from './tail-file.js';

/** A closed log is read-only: the mark that readers in other processes see, and that survives the writer. */
const CLOSED_MODE = 0o444;
const OPEN_MODE = 0o644;

/** Whether a file of this mode was closed by its writer. */
const isClosed = (mode: number): boolean => (mode & 0o200) === 0;

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

class FolderLogWriter implements LogWriter {
  bytes = 0;
  private readonly hash = createHash('sha256');
  private pending: Promise<void> = Promise.resolve();
  private closing: Promise<ClosedLog> | undefined;

  constructor(
    readonly key: string,
    private readonly file: FileHandle,
    private readonly durable: boolean,
  ) {}

  write(chunk: Buffer): Promise<void> {
    if (this.closing) return Promise.reject(new Error(`the log '${this.key}' is closed`));
    this.bytes += chunk.length;
    const written = this.pending.then(async () => {
      let done = 0;
      while (done < chunk.length) done += (await this.file.write(chunk, done)).bytesWritten;
      this.hash.update(chunk);
    });
    this.pending = written;
    // Whoever does not await a write hears of its failure from `close`.
    written.catch(() => undefined);
    return written;
  }

  close({ truncated = false }: { truncated?: boolean } = {}): Promise<ClosedLog> {
    this.closing ??= this.finish(truncated);
    return this.closing;
  }

  private async finish(truncated: boolean): Promise<ClosedLog> {
    try {
      await this.pending;
      if (this.durable) await this.file.datasync();
      await this.file.chmod(CLOSED_MODE);
    } finally {
      await this.file.close();
    }
    return { key: this.key, bytes: this.bytes, sha256: this.hash.digest('hex'), truncated };
  }
}

export type FolderLogStoreOptions = Readonly<{
  /** The folder; made with the first log. */
  dir: string;
  /** Whether `close` waits for the disk. Default true: the hash goes into the event log, and so must outlive a power cut. */
  durable?: boolean;
  /** How often a tail looks where the kernel does not tell, in milliseconds; default 250. */
  pollMs?: number;
}>;

/** Logs as files of one folder, which writers and readers of several processes share. */
export const createFolderLogStore = ({ dir, durable = true, pollMs = 250 }: FolderLogStoreOptions): LogStore => {
  const fileOf = (key: string): string => join(dir, checkLogKey(key));
  const notFound = (key: string) => (error: unknown) => {
    if (code(error) === 'ENOENT') throw new LogNotFoundError(`there is no log '${key}'`);
    throw error;
  };
  return {
    create: async (key) => {
      const file = fileOf(key);
      await mkdir(dirname(file), { recursive: true });
      const handle = await open(file, 'wx', OPEN_MODE).catch((error: unknown) => {
        if (code(error) === 'EEXIST') throw new LogExistsError(`there is a log '${key}' already`);
        throw error;
      });
      return new FolderLogWriter(key, handle, durable);
    },
    stat: async (key) => {
      const found = await stat(fileOf(key)).catch((error: unknown) => {
        if (code(error) === 'ENOENT') return undefined;
        throw error;
      });
      return found && { bytes: found.size, closed: isClosed(found.mode) };
    },
    read: async (key, { from = 0, to } = {}): Promise<Readable> => {
      const handle = await open(fileOf(key), 'r').catch(notFound(key));
      if (to !== undefined && to <= from) {
        await handle.close();
        return Readable.from([]);
      }
      return handle.createReadStream({ start: from, ...(to !== undefined && { end: to - 1 }) });
    },
    tail: (key, options = {}) => tailFile(fileOf(key), { ...options, pollMs, isClosed }),
    lastLines: async (key, count, { maxBytes = 1024 * 1024 } = {}) => {
      const handle = await open(fileOf(key), 'r').catch(notFound(key));
      try {
        return await lastLinesOf(handle, count, maxBytes);
      } finally {
        await handle.close();
      }
    },
  };
};
