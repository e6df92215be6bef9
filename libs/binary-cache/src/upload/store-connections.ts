import { type NixSettings, openLocalStore, type ServeConnection } from '#nix';

/**
 * Connections to the local store, opened as they are needed and used by one at a time. The first one also holds the locks
 * that keep a closure from the store's garbage collector.
 */
export class StoreConnections {
  private readonly idle: ServeConnection[] = [];
  private readonly all = new Set<ServeConnection>();
  private readonly onAbort = (): void => void this.close();

  constructor(
    private readonly settings: NixSettings,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  async use<T>(work: (connection: ServeConnection) => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    let connection = this.idle.pop();
    if (!connection) {
      connection = await openLocalStore(this.settings);
      this.all.add(connection);
      if (this.signal.aborted) await connection.cancel();
    }
    try {
      return await work(connection);
    } finally {
      if (connection.usable) this.idle.push(connection);
      else this.all.delete(connection);
    }
  }

  /** Ends them all; what still runs on them fails. */
  async close(): Promise<void> {
    this.signal.removeEventListener('abort', this.onAbort);
    await Promise.all([...this.all].map((connection) => connection.cancel()));
  }
}
