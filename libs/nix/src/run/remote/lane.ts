import { abortReason } from '../process.js';
import { ServeConnection } from '../serve-connection.js';

export type LaneConfig = Readonly<{
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  /** How long the other side has to greet, ms. */
  connectMs?: number;
  /** The connection is closed after so long without use, ms: what it keeps from a garbage collector is let go. Default 60 000. */
  idleMs?: number;
}>;

/** Uses after which a lane takes a new connection, so that what it keeps from a garbage collector stays bounded. */
const MOST_USES = 1000;
const IDLE_MS = 60_000;

/** A connection that one user at a time has for itself, opened when it is wanted. Who is ended loses the connection, nobody else does. */
export class Lane {
  private turn: Promise<void> = Promise.resolve();
  private connection: ServeConnection | undefined;
  private uses = 0;
  private idle: NodeJS.Timeout | undefined;
  private readonly retired = new Set<ServeConnection>();

  constructor(private readonly config: LaneConfig) {}

  /** Runs `work` after all that were asked before. An abort ends the wait, and the connection where it is being used. */
  async use<T>(signal: AbortSignal | undefined, work: (connection: ServeConnection) => Promise<T>): Promise<T> {
    const before = this.turn;
    let done!: () => void;
    this.turn = new Promise<void>((resolve) => (done = resolve));
    try {
      await before;
      if (signal?.aborted) throw abortReason(signal);
      return await this.work(signal, work);
    } finally {
      done();
    }
  }

  /** Ends all connections; what uses one fails. */
  async close(): Promise<void> {
    clearTimeout(this.idle);
    const all = [...this.retired, ...(this.connection ? [this.connection] : [])];
    this.retired.clear();
    this.connection = undefined;
    await Promise.all(all.map((connection) => connection.cancel()));
  }

  private async work<T>(
    signal: AbortSignal | undefined,
    work: (connection: ServeConnection) => Promise<T>,
  ): Promise<T> {
    clearTimeout(this.idle);
    const connection = await this.connected(signal);
    const stop = (): void => void connection.cancel();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      if (signal?.aborted) throw abortReason(signal);
      return await work(connection);
    } catch (error) {
      // Where in its stream it stands is not known any more.
      void connection.cancel();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.uses += 1;
      if (this.uses >= MOST_USES) this.retire();
      else this.idle = setTimeout(() => this.retire(), this.config.idleMs ?? IDLE_MS).unref();
    }
  }

  private async connected(signal: AbortSignal | undefined): Promise<ServeConnection> {
    if (this.connection?.usable !== true) {
      const { command, env, connectMs } = this.config;
      this.uses = 0;
      this.connection = await ServeConnection.open(command, env, connectMs, signal);
    }
    return this.connection;
  }

  /** Not at once: what came through it last may not be rooted yet. */
  private retire(): void {
    const connection = this.connection;
    this.connection = undefined;
    if (connection === undefined) return;
    this.retired.add(connection);
    setTimeout(() => {
      if (this.retired.delete(connection)) void connection.cancel();
    }, IDLE_MS).unref();
  }
}
