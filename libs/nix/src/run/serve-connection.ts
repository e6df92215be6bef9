import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { BasicDerivation } from '../format/derivation.js';
import { stripAnsi, terminate } from './process.js';
import { BUILD_STATUS, type BuildStatus, type BuildReply, type PathInfo } from './serve-types.js';
import { WireReader, WireWriter } from './wire.js';

const CLIENT_MAGIC = 0x390c9deb;
const SERVER_MAGIC = 0x5452eecb;
/** 2.7: 2.8.0 answers an older client with a field it does not expect, and the next reply is read from there. */
const PROTOCOL = 0x207;
const COMMAND = {
  queryValidPaths: 1,
  queryPathInfos: 2,
  dump: 3,
  queryClosure: 7,
  build: 8,
  addToStoreNar: 9,
} as const;
const STDERR_KEPT = 8 * 1024;

/** The connection is gone or spoke nonsense: an infrastructure error, worth another connection. Quotes Nix's stderr. */
export class ServeError extends Error {
  override readonly name = 'ServeError';
}

/** Limits of one build, in seconds and bytes; 0 is no limit. */
export type BuildLimits = Readonly<{ maxSilentSecs: number; timeoutSecs: number; maxLogBytes: number }>;

/**
 * One `nix-store --serve --write` process, local or (by `command`) over ssh. Requests run one at a time, in the order of
 * calls. A refused store operation ends the process; a failed build does not.
 */
export class ServeConnection {
  private queue: Promise<unknown> = Promise.resolve();
  private stderr = '';
  private onLog: ((chunk: Buffer) => void) | undefined;
  private closing = false;
  private readonly exited: Promise<void>;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly reader: WireReader,
  ) {
    child.stderr.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString('latin1')).slice(-STDERR_KEPT);
      this.onLog?.(chunk);
    });
    child.stdin.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => (reader.fail(error), resolve()));
      // 'close' and not 'exit': the reason stands on stderr, which may come after the exit.
      child.once('close', () => resolve());
    });
  }

  /** Starts the command and greets it; an abort ends both. Rejects with ServeError. */
  static async open(
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    timeoutMs = 60_000,
    signal?: AbortSignal,
  ): Promise<ServeConnection> {
    const [program, ...args] = command;
    if (program === undefined) throw new ServeError('no command for the connection');
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const connection = new ServeConnection(child, new WireReader(child.stdout));
    const stop = (): void => terminate(child);
    const timer = setTimeout(stop, timeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      if (signal?.aborted) throw new ServeError('not wanted any more');
      await connection.exchange(async () => {
        connection.send(new WireWriter().int(CLIENT_MAGIC).int(PROTOCOL));
        const magic = (await connection.reader.bytes(8)).readBigUInt64LE();
        if (magic !== BigInt(SERVER_MAGIC)) throw new Error('the other side does not speak the serve protocol');
        const version = await connection.reader.int();
        if (version >> 8 !== 2) throw new Error(`the other side speaks serve protocol ${version >> 8}, 2 is needed`);
        if (version < PROTOCOL)
          throw new Error(`the other side speaks serve protocol 2.${version & 255}, 2.7 is needed`);
      });
    } catch (error) {
      terminate(child);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
    return connection;
  }

  /** False once the process is gone or going. */
  get usable(): boolean {
    return (
      !this.closing && this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined
    );
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Which of the paths are valid there. With `lock` they are kept from the garbage collector while this connection lives. */
  queryValidPaths(paths: readonly string[], { lock = true } = {}): Promise<string[]> {
    return this.exchange(async () => {
      this.send(
        new WireWriter()
          .int(COMMAND.queryValidPaths)
          .int(lock ? 1 : 0)
          .int(0)
          .strings(paths),
      );
      return this.reader.strings();
    });
  }

  /** What the store knows about the paths; invalid ones are left out. */
  queryPathInfos(paths: readonly string[]): Promise<PathInfo[]> {
    return this.exchange(async () => {
      this.send(new WireWriter().int(COMMAND.queryPathInfos).strings(paths));
      const infos: PathInfo[] = [];
      for (let path = await this.reader.string(); path !== ''; path = await this.reader.string()) {
        const deriver = await this.reader.string();
        const references = await this.reader.strings();
        await this.reader.int(); // download size, the same
        const narSize = await this.reader.int();
        const narHash = await this.reader.string();
        const ca = await this.reader.string();
        const sigs = await this.reader.strings();
        infos.push({ path, deriver: deriver || undefined, references, narHash, narSize, ca: ca || undefined, sigs });
      }
      return infos;
    });
  }

  /** The paths and all that they refer to, in no order. Only their names: closures of a million paths fit into memory. Rejects where one is not valid. */
  queryClosure(paths: readonly string[]): Promise<string[]> {
    return this.exchange(async () => {
      this.send(new WireWriter().int(COMMAND.queryClosure).int(0).strings(paths));
      return this.reader.strings();
    });
  }

  /**
   * Builds. `onLog` gets the builder's bytes, all of them before this resolves: a question is asked after the reply, since
   * over ssh the log may come a moment later than the reply. Inputs must be valid there.
   */
  buildDerivation(
    drvPath: string,
    drv: BasicDerivation,
    limits: BuildLimits,
    onLog: (chunk: Buffer) => void,
  ): Promise<BuildReply> {
    return this.exchange(async () => {
      const request = new WireWriter().int(COMMAND.build).string(drvPath).int(drv.outputs.size);
      for (const [name, { path, hashAlgo, hash }] of drv.outputs)
        request.string(name).string(path).string(hashAlgo).string(hash);
      request.strings(drv.inputSrcs).string(drv.platform).string(drv.builder).strings(drv.args).int(drv.env.size);
      for (const [name, value] of drv.env) request.string(name).string(value);
      request.int(limits.maxSilentSecs).int(limits.timeoutSecs).int(limits.maxLogBytes);
      request.int(0).int(0).int(0); // repeat, enforce determinism, keep failed
      this.onLog = onLog;
      try {
        this.send(request);
        const reply = await this.buildReply();
        this.send(
          new WireWriter()
            .int(COMMAND.queryValidPaths)
            .int(0)
            .int(0)
            .strings([...drv.outputs.values()].map(({ path }) => path)),
        );
        const validOutputs = await this.reader.strings();
        // One turn of the loop: what the kernel holds of stderr by now is read before the log closes.
        await new Promise((resolve) => setImmediate(resolve));
        return { ...reply, validOutputs };
      } finally {
        this.onLog = undefined;
      }
    });
  }

  private async buildReply(): Promise<Omit<BuildReply, 'validOutputs'>> {
    const code = await this.reader.int();
    const status: BuildStatus | undefined = BUILD_STATUS[code];
    const message = stripAnsi(Buffer.from(await this.reader.string(), 'latin1').toString()).trim();
    const timesBuilt = await this.reader.int();
    const nonDeterministic = (await this.reader.int()) !== 0;
    const startTime = await this.reader.int();
    const stopTime = await this.reader.int();
    for (let count = await this.reader.int(); count > 0; count--) {
      await this.reader.string();
      await this.reader.string();
    }
    if (status === undefined) throw new Error(`unknown build status ${code}`);
    return { status, message, timesBuilt, nonDeterministic, startTime, stopTime };
  }

  /** The NAR of a path. Consume it whole, or the connection is lost; other requests wait meanwhile. */
  async *dumpStorePath(path: string): AsyncGenerator<Buffer> {
    const [info] = await this.queryPathInfos([path]);
    if (info === undefined) throw new ServeError(`path '${path}' is not valid`);
    let done!: () => void;
    const turn = this.queue;
    this.queue = new Promise<void>((resolve) => (done = resolve));
    await turn.catch(() => undefined);
    let missing = info.narSize;
    try {
      this.send(new WireWriter().int(COMMAND.dump).string(path));
      while (missing > 0) {
        const chunk = await this.reader.some(missing).catch((error: unknown) => this.broken(error));
        missing -= chunk.length;
        yield chunk;
      }
    } finally {
      if (missing > 0) this.cancelNow();
      done();
    }
  }

  /** Puts a path into the store there. Its references must be valid there already; the hash is checked by Nix. */
  addToStore(info: PathInfo, nar: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    return this.exchange(async () => {
      const request = new WireWriter()
        .int(COMMAND.addToStoreNar)
        .string(info.path)
        .string(info.deriver ?? '')
        .string(info.narHash);
      request
        .strings(info.references)
        .int(0)
        .int(info.narSize)
        .int(0)
        .strings(info.sigs)
        .string(info.ca ?? '');
      this.send(request);
      for await (const chunk of nar) {
        if (!this.child.stdin.write(chunk)) await Promise.race([once(this.child.stdin, 'drain'), this.exited]);
        if (!this.usable) break;
      }
      if ((await this.reader.int()) !== 1) throw new Error(`'${info.path}' was not taken`);
    });
  }

  /** Waits for what was asked before, then ends the process. */
  async close(): Promise<void> {
    await this.queue.catch(() => undefined);
    await this.cancel();
  }

  /**
   * Ends the process and a build that runs in it. Its stdin ends first, which stops Nix and the builder's group; SIGKILL
   * comes last, since it would leave the builder running. Resolves to whether it went without SIGKILL.
   */
  async cancel(graceMs = 5_000): Promise<boolean> {
    this.cancelNow();
    const gone = (ms: number): Promise<boolean> => {
      let timer: NodeJS.Timeout;
      const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
      return Promise.race([this.exited.then(() => true), late]).finally(() => clearTimeout(timer));
    };
    if (await gone(graceMs)) return true;
    this.child.kill('SIGTERM');
    if (await gone(graceMs)) return true;
    this.child.kill('SIGKILL');
    await gone(graceMs);
    return false;
  }

  private cancelNow(): void {
    this.closing = true;
    this.reader.fail(new Error('connection closed by us'));
    this.child.stdin.end();
    this.child.stdin.destroy();
    // Unread output would hold the process up in a write.
    this.child.stdout.destroy();
  }

  private send(writer: WireWriter): void {
    this.child.stdin.write(writer.take());
  }

  /** Runs one request after those before it. */
  private exchange<T>(talk: () => Promise<T>): Promise<T> {
    const turn = this.queue
      .catch(() => undefined)
      .then(async () => {
        if (this.closing) throw new ServeError('the connection is closed');
        return talk().catch((error: unknown) => this.broken(error));
      });
    this.queue = turn;
    turn.catch(() => undefined);
    return turn;
  }

  private async broken(error: unknown): Promise<never> {
    const byUs = this.closing;
    this.cancelNow();
    if (!byUs) await Promise.race([this.exited, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
    terminate(this.child);
    const said = stripAnsi(Buffer.from(this.stderr, 'latin1').toString()).trim().split('\n').slice(-5).join('\n');
    throw new ServeError(`${error instanceof Error ? error.message : String(error)}${said === '' ? '' : `: ${said}`}`, {
      cause: error,
    });
  }
}
