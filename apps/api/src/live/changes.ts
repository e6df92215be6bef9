import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { sleep, uuidv4 } from '#runtime';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

const CHANNEL = 'iolaus_read_model';
const RECONNECT_MS = 1000;

/** What is needed of a connection of the pool. */
type Listening = Readonly<{
  on: (event: 'notification' | 'error' | 'end', heard: () => void) => unknown;
  query: (text: string) => Promise<unknown>;
  release: (destroy?: boolean) => void;
}>;

/** Hears of changes of the read model: one connection for all who wait, opened by the first. */
@Injectable()
export class Changes implements OnModuleDestroy {
  private readonly listeners = new Set<() => void>();
  private running: Promise<void> | undefined;
  private client: Listening | undefined;
  private ended = false;
  /** Tells marks of this process from those of others and of those before it. */
  private readonly instance = uuidv4();
  private heard = 0;

  constructor(@Inject(DEPENDENCIES) private readonly deps: ApiDependencies) {}

  /** Up to which change this process has heard: of a page, before it is made. */
  mark(): string {
    return `${this.instance}.${this.heard}`;
  }

  /**
   * Calls `heard` after every change, also after the connection was lost and came back; until the signal. `since`: the mark of what the
   * caller knows; at once where something changed after it, or where it is another process's, which cannot be compared.
   */
  subscribe(heard: () => void, signal: AbortSignal, since?: string): void {
    this.listeners.add(heard);
    if (since !== undefined && since !== this.mark()) heard();
    signal.addEventListener('abort', () => this.listeners.delete(heard), { once: true });
    this.running ??= this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.ended = true;
    this.client?.release(true);
    this.client = undefined;
    await this.running;
  }

  private tell(): void {
    this.heard++;
    for (const heard of this.listeners) heard();
  }

  private async run(): Promise<void> {
    while (!this.ended) {
      try {
        await this.listen();
      } catch (error) {
        if (this.ended) return;
        this.deps.logger.warn({ err: error }, 'no news of the read model for a moment');
        await sleep(RECONNECT_MS);
      }
      // What changed meanwhile is not known: everybody looks again.
      this.tell();
    }
  }

  /** Ends when the connection does. */
  private async listen(): Promise<void> {
    const client: Listening = await this.deps.database.connect();
    if (this.ended) return client.release();
    this.client = client;
    const lost = new Promise<void>((resolve) => {
      client.on('notification', () => this.tell());
      client.on('error', () => resolve());
      client.on('end', () => resolve());
    });
    try {
      await client.query(`listen ${CHANNEL}`);
      this.tell();
      await lost;
    } finally {
      // The connection listens: nobody else should get it from the pool.
      if (this.client === client) client.release(true);
      this.client = undefined;
    }
  }
}
