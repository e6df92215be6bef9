import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { stripAnsi, terminate } from './process.js';
import { ServeError } from './serve-connection.js';
import { type NixSettings, optionArgs } from './settings.js';
import { WireReader, WireWriter } from './wire.js';

const CLIENT_MAGIC = 0x6e697863;
const SERVER_MAGIC = 0x6478696f;
/** 1.18: the oldest that every Nix since 2.8 takes, and one before answers are mixed with reports of activities. */
const PROTOCOL = 0x112;
const QUERY_PATH_FROM_HASH_PART = 29;
/** What the daemon says before its answer. */
const SAYS = { next: 0x6f6c6d67, error: 0x63787470, last: 0x616c7473 } as const;
const STDERR_KEPT = 4 * 1024;
const TIMEOUT_MS = 30_000;

type Connection = Readonly<{ child: ChildProcessWithoutNullStreams; reader: WireReader; stderr: () => string }>;

/**
 * Asks the store which path has a hash part: the one thing that a binary cache has to know and the serve protocol does not
 * tell. One `nix-daemon --stdio` answers all questions, in their order; one that is gone is started again.
 * Source: `QueryPathFromHashPart` of the worker protocol, Nix's libstore/daemon.cc.
 */
export class StoreNames {
  private queue: Promise<unknown> = Promise.resolve();
  private connection: Promise<Connection> | undefined;

  constructor(private readonly settings: NixSettings) {}

  /** The valid path that begins with these 32 characters, or undefined. Rejects with `ServeError`. */
  pathOf(hashPart: string): Promise<string | undefined> {
    const answer = this.queue.then(() => {
      const kept = this.connection !== undefined;
      // One that was there before may have ended since: another tells.
      return this.ask(hashPart).catch((error: unknown) => (kept ? this.ask(hashPart) : Promise.reject(error as Error)));
    });
    this.queue = answer.catch(() => undefined); // whoever asked hears of it
    return answer;
  }

  private async ask(hashPart: string): Promise<string | undefined> {
    const opened = (this.connection ??= this.open());
    let connection: Connection | undefined;
    try {
      connection = await opened;
      const { child, reader } = connection;
      return await within(child, async () => {
        child.stdin.write(new WireWriter().int(QUERY_PATH_FROM_HASH_PART).string(hashPart).take());
        await heard(reader);
        return (await reader.string()) || undefined;
      });
    } catch (error) {
      if (this.connection === opened) this.connection = undefined;
      if (connection) terminate(connection.child);
      const said = connection ? stripAnsi(connection.stderr()).trim() : '';
      throw new ServeError(`${error instanceof Error ? error.message : String(error)}${said && `: ${said}`}`, {
        cause: error,
      });
    }
  }

  private async open(): Promise<Connection> {
    const { settings } = this;
    const args = [...optionArgs(settings), '--stdio'];
    const child = spawn(settings.commands.nixDaemon, args, { env: settings.env, stdio: ['pipe', 'pipe', 'pipe'] });
    const reader = new WireReader(child.stdout);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString('latin1')).slice(-STDERR_KEPT)));
    child.stdin.on('error', () => undefined); // the reader tells
    child.once('error', (error) => reader.fail(error));
    // It waits for questions; what else the process does may end without it.
    child.unref();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as unknown as { unref(): void }).unref();
    try {
      await within(child, async () => {
        child.stdin.write(new WireWriter().int(CLIENT_MAGIC).take());
        if ((await reader.int()) !== SERVER_MAGIC) throw new Error('the other side does not speak the worker protocol');
        const version = await reader.int();
        if (version >> 8 !== 1) throw new Error(`the other side speaks worker protocol ${version >> 8}, 1 is needed`);
        // No processor to be bound to, no space to be reserved.
        child.stdin.write(new WireWriter().int(PROTOCOL).int(0).int(0).take());
        await heard(reader);
      });
    } catch (error) {
      terminate(child);
      throw error;
    }
    return { child, reader, stderr: () => stderr };
  }
}

/** Reads what is said until the answer comes; an error that is said is thrown. */
const heard = async (reader: WireReader): Promise<void> => {
  for (;;) {
    const what = await reader.int();
    if (what === SAYS.last) return;
    const text = Buffer.from(await reader.string(), 'latin1').toString();
    if (what === SAYS.next) continue;
    if (what === SAYS.error) throw new Error(stripAnsi(text).trim());
    throw new Error(`the daemon says ${what.toString(16)}, which is not known`);
  }
};

/** A daemon that does not answer is ended, and so its reader fails. */
const within = async <T>(child: ChildProcessWithoutNullStreams, talk: () => Promise<T>): Promise<T> => {
  const timer = setTimeout(() => terminate(child), TIMEOUT_MS);
  try {
    return await talk();
  } finally {
    clearTimeout(timer);
  }
};
