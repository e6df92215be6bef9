import { type Database, whileLeading } from '#coordination';
import type { EventStore } from '#event-store';
import { type ProjectorOptions, runProjector } from '#read-model';
import { type Clock, fromIso, type Logger } from '#runtime';

export type ProjectingOptions = Readonly<{
  database: Database;
  store: EventStore;
  databaseUrl: string;
  logger: Logger;
  clock: Clock;
}>;

type Batch = Parameters<NonNullable<ProjectorOptions['onBatch']>>[0];

/** How often progress is told while there is much to catch up with, milliseconds. */
const TELL_EVERY_MS = 5000;

/** One projector in the whole farm: the leader projects, a standby waits for its turn. */
export class Projecting {
  private readonly options: ProjectingOptions;
  private caughtUp = false;
  private toldAt = 0;
  private events = 0;

  constructor(options: ProjectingOptions) {
    this.options = options;
  }

  /** Resolves after the signal; throws what trying again cannot mend. */
  async run(signal: AbortSignal): Promise<void> {
    const { database, store: source, databaseUrl, logger } = this.options;
    const onError = (error: Error): void =>
      logger.warn({ err: error }, 'the database is away; the projector waits for it');
    await whileLeading({ database, name: 'projector', signal, onError }, async (leading) => {
      logger.info('the projector leads');
      await runProjector({
        source,
        databaseUrl,
        signal: leading,
        onInterrupted: onError,
        onBatch: (batch) => this.tell(batch),
        onRebuild: (projection) => logger.info({ projection }, 'a projection has another version: it is built anew'),
      });
    });
  }

  private tell({ events, position, caughtUp, last }: Batch): void {
    const { logger, clock } = this.options;
    const now = clock.now();
    this.events += events;
    const lagMs = last ? now - fromIso(last.metadata.at) : 0;
    logger.debug({ events, position: String(position), lagMs }, 'projected');
    const news = caughtUp !== this.caughtUp && (caughtUp || lagMs > TELL_EVERY_MS);
    if (!news && (caughtUp || now - this.toldAt < TELL_EVERY_MS)) return;
    this.toldAt = now;
    this.caughtUp = caughtUp;
    logger.info({ position: String(position), events: this.events, lagMs }, caughtUp ? 'caught up' : 'catching up');
  }
}
