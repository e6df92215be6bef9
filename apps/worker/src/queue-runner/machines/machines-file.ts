import { watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { MachineConfiguration } from '#domain';
import { type MachineLine, MachinesFileError, readMachinesFiles } from '#nix';
import type { Logger } from '#runtime';

export type MachinesFileParts = Readonly<{
  /** as configured */
  files: readonly string[];
  /** system of this host: that of a line that names none */
  system: string;
  /** Makes these the machines of the file. */
  keep: (machines: ReadonlyMap<string, MachineConfiguration>) => Promise<void>;
  /** Says what is wrong with the files; undefined: nothing any more. */
  report: (problem: string | undefined) => Promise<void>;
  logger: Logger;
  /** What neither the files nor a database that is away explains. */
  onFailure: (error: Error) => void;
  /** How often files are looked at where the system tells of no change, ms. */
  lookEveryMs?: number;
}>;

const LOOK_EVERY_MS = 5_000;
/** An editor writes in several steps: what it says within this time is read once. */
const SETTLE_MS = 50;
/** Characters of a report. */
const MOST_REPORTED = 4000;

/** Keeps the farm's machines what the machines files say. A broken file changes nothing, and is reported until it is mended. */
export class MachinesFiles {
  /** files and what they were when they were read */
  private seen: ReadonlyMap<string, string> | undefined;
  private watchers: { close: () => void }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private interval: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private closed = false;

  private constructor(private readonly parts: MachinesFileParts) {}

  /** Reads the files once, whatever is in them; then on every change, until `close`. */
  static async open(parts: MachinesFileParts): Promise<MachinesFiles> {
    const files = new MachinesFiles(parts);
    await files.look();
    files.interval = setInterval(() => files.soon(0), parts.lookEveryMs ?? LOOK_EVERY_MS).unref();
    return files;
  }

  /** Reads no more. Resolves when nothing is being changed. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.interval);
    for (const watcher of this.watchers) watcher.close();
    await this.turn;
  }

  private soon(ms: number): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.turn = this.turn.then(() => (this.closed ? undefined : this.look())).catch(this.parts.onFailure);
    }, ms).unref();
  }

  private async look(): Promise<void> {
    const { files, system, keep, report, logger } = this.parts;
    if (this.seen !== undefined && (await fingerprint(this.seen.keys())) === [...this.seen.values()].join('\n')) return;
    // Taken before a file is read: a change in between is seen by the next look.
    const stamps = new Map<string, string>();
    const read = async (file: string): Promise<string | undefined> => {
      stamps.set(file, await stampOf(file));
      return textOf(file);
    };
    try {
      const lines = await readMachinesFiles(files, { system, read });
      await keep(new Map(lines.map((line) => [line.name, configurationOf(line)])));
      await report(undefined);
      logger.info({ files, machines: lines.map(({ name }) => name) }, 'machines file read');
    } catch (error) {
      if (!(error instanceof MachinesFileError)) throw error;
      const { message, problems } = error;
      logger.error({ problems }, `the machines file is broken, the machines stay as they are: ${message}`);
      await report(message.slice(0, MOST_REPORTED));
    }
    this.seen = stamps;
    this.watch(stamps.keys());
  }

  /** The folders, since files are replaced by others of their name. */
  private watch(files: Iterable<string>): void {
    for (const watcher of this.watchers) watcher.close();
    this.watchers = [];
    if (this.closed) return;
    for (const folder of new Set([...files].map((file) => dirname(file))))
      try {
        const watcher = watch(folder, { persistent: false }, () => this.soon(SETTLE_MS));
        watcher.on('error', () => watcher.close());
        this.watchers.push(watcher);
      } catch {
        // Not there, or too many watches: the regular look sees changes as well.
      }
  }
}

const fingerprint = async (files: Iterable<string>): Promise<string> =>
  (await Promise.all([...files].map(stampOf))).join('\n');

const textOf = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** What changes with every write and every replacement. */
const stampOf = async (file: string): Promise<string> => {
  try {
    const { mtimeNs, ctimeNs, ino, size } = await stat(file, { bigint: true });
    return [file, mtimeNs, ctimeNs, ino, size].join(' ');
  } catch (error) {
    return `${file} ${(error as NodeJS.ErrnoException).code}`;
  }
};

const configurationOf = ({ name: _, ...configuration }: MachineLine): MachineConfiguration => configuration;
