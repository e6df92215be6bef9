import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Projection, RecordedEvent } from '../projection.js';
import { sendEvents } from './apply.js';
import { PROJECTIONS } from './projections.js';
import { rebuildProjection } from './rebuild.js';
import { createMissing, LIVE_SCHEMA } from './schema.js';
import type { EventSource, EventBatch } from './source.js';
import { isOutage, openSession, settled } from './session.js';

/** Heard by whoever listens once rows have changed; the payload is the position that is now in. Several changes may come as one. */
export const READ_MODEL_CHANNEL = 'iolaus_read_model';

const BATCH_SIZE = 1000;
const HEARTBEAT_MS = 2000;

export type ProjectorOptions = Readonly<{
  source: EventSource;
  databaseUrl: string;
  signal: AbortSignal;
  projections?: readonly Projection[];
  /** After each commit. */
  onBatch?: (
    batch: Readonly<{ events: number; position: bigint; caughtUp: boolean; last: RecordedEvent | undefined }>,
  ) => void;
  /** Hears of every interruption; the projector goes on by itself. */
  onInterrupted?: (error: Error) => void;
  /** A projection of another version is built anew before anything else. */
  onRebuild?: (projection: string) => void;
}>;

type Checkpoint = Readonly<{ projection: string; version: number; position: bigint }>;

/** The database went back to an earlier checkpoint: it crashed before the last commits were on its disk. */
class RewoundError extends Error {
  override readonly name = 'RewoundError';
}

const readCheckpoints = async (client: pg.Client, suffix = ''): Promise<Checkpoint[]> => {
  const { rows } = await client.query(`select projection, version, position from ${LIVE_SCHEMA}.checkpoints
    order by projection ${suffix}`);
  return rows.map((row) => ({ ...row, position: BigInt(row.position) }));
};

class Projector {
  private readonly options: ProjectorOptions;
  private readonly projections: readonly Projection[];
  private client: pg.Client | undefined;
  /** The connection has one user at a time. */
  private turn: Promise<unknown> = Promise.resolve();
  private beating = false;
  /** Ends the subscription, so that it begins anew at the checkpoint. */
  private rewound = new AbortController();
  private notifying = false;
  private toNotify: bigint | undefined;
  /** Everything up to here was handled. */
  private handled = 0n;

  constructor(options: ProjectorOptions) {
    this.options = options;
    this.projections = options.projections ?? PROJECTIONS;
  }

  async run(): Promise<void> {
    const { source, signal } = this.options;
    await this.rebuildChanged();
    const heartbeat = setInterval(() => void this.heartbeat(), HEARTBEAT_MS);
    try {
      while (!signal.aborted) {
        this.handled = (await this.inTurn(() => this.checkpoints())).reduce(
          (low, { position }) => (position < low ? position : low),
          1n << 62n,
        );
        this.rewound = new AbortController();
        try {
          const options = {
            after: this.handled,
            batchSize: BATCH_SIZE,
            signal: AbortSignal.any([signal, this.rewound.signal]),
            onInterrupted: this.interrupted,
          };
          await source.subscribe(options, (batch) => this.handle(batch));
        } catch (error) {
          if (!(error instanceof RewoundError)) throw error;
          this.interrupted(error);
        }
      }
    } finally {
      clearInterval(heartbeat);
      await this.client?.end().catch(this.interrupted);
    }
  }

  private readonly interrupted = (error: unknown): void => {
    this.options.onInterrupted?.(error instanceof Error ? error : new Error(String(error)));
  };

  /** Does something with the connection until it works or the signal comes; only an outage is worth another try. */
  private async persist<T>(what: (client: pg.Client) => Promise<T>): Promise<T> {
    for (let pause = 50; ; pause = Math.min(2 * pause, 2000)) {
      try {
        this.client ??= await openSession(this.options.databaseUrl, LIVE_SCHEMA);
        return await what(this.client);
      } catch (error) {
        // Its transaction may be open still: the connection goes with it.
        const broken = this.client;
        this.client = undefined;
        await broken?.end().catch(this.interrupted);
        if (!isOutage(error) || this.options.signal.aborted) throw error;
        this.interrupted(error);
        await sleep(pause, undefined, { signal: this.options.signal });
      }
    }
  }

  private checkpoints(): Promise<Checkpoint[]> {
    return this.persist(async (client) => {
      await client.query('begin');
      await createMissing(client, this.projections);
      const found = await readCheckpoints(client);
      await client.query('commit');
      return this.ours(found);
    });
  }

  private ours(found: readonly Checkpoint[]): Checkpoint[] {
    return this.projections.map(({ name }) => found.find(({ projection }) => projection === name)!);
  }

  private async rebuildChanged(): Promise<void> {
    const { source, databaseUrl, signal, onRebuild } = this.options;
    for (const { projection, version } of await this.checkpoints()) {
      if (this.projections.find(({ name }) => name === projection)!.version === version) continue;
      onRebuild?.(projection);
      await rebuildProjection({ name: projection, source, databaseUrl, signal, projections: this.projections });
    }
  }

  private async handle(batch: EventBatch): Promise<void> {
    await this.inTurn(() => this.persist((client) => this.commit(client, batch)));
    this.handled = batch.position;
    const { events, position, caughtUp } = batch;
    if (events.length > 0) this.notify(position);
    this.options.onBatch?.({ events: events.length, position, caughtUp, last: events.at(-1) });
  }

  private async commit(client: pg.Client, { events, position, caughtUp }: EventBatch): Promise<void> {
    const begun = client.query('begin');
    // The rows are locked: a rebuild that swaps its tables in waits for us, or we for it.
    const [checkpoints] = await Promise.all([readCheckpoints(client, 'for update'), begun]);
    const ours = this.ours(checkpoints);
    for (const [i, { version, position }] of ours.entries()) {
      const { name, version: wanted } = this.projections[i]!;
      if (version !== wanted)
        throw new Error(`projection ${name} is at version ${version}: another release rebuilt it`);
      if (position < this.handled)
        throw new RewoundError(`projection ${name} went back from ${this.handled} to ${position}`);
    }
    const sent = this.projections.flatMap((projection, i) => sendEvents(client, projection, events, ours[i]!.position));
    const names = this.projections.map(({ name }) => name);
    sent.push(
      client.query(
        `update ${LIVE_SCHEMA}.checkpoints set position = greatest(position, $1), caught_up = $2, updated_at = clock_timestamp()
         where projection = any($3)`,
        [String(position), caughtUp, names],
      ),
    );
    sent.push(client.query('commit'));
    await settled(sent);
  }

  /** One notice at a time: what comes meanwhile is told by the next. After the commit, whose lock it would hold for longer. */
  private notify(position: bigint): void {
    this.toNotify = position;
    if (this.notifying || !this.client) return;
    this.notifying = true;
    const told = this.toNotify;
    this.toNotify = undefined;
    this.client
      .query('select pg_notify($1, $2)', [READ_MODEL_CHANNEL, String(told)])
      .catch(this.interrupted)
      .finally(() => {
        this.notifying = false;
        if (this.toNotify !== undefined) this.notify(this.toNotify);
      });
  }

  private inTurn<T>(what: () => Promise<T>): Promise<T> {
    const done = this.turn.then(what);
    this.turn = done.catch(() => undefined); // whoever asked hears of it
    return done;
  }

  /**
   * A sign of life, which also opens the connection anew where it broke. The last commits may not have been on the disk of a server
   * that crashed: then their events are projected again at once, not with the next event.
   */
  private async heartbeat(): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    const names = this.projections.map(({ name }) => name);
    try {
      await this.inTurn(async () => {
        const { rows } = await this.persist((client) =>
          client.query<{ position: string }>(
            `update ${LIVE_SCHEMA}.checkpoints set updated_at = clock_timestamp() where projection = any($1) returning position`,
            [names],
          ),
        );
        const lowest = rows.reduce(
          (low, { position }) => (BigInt(position) < low ? BigInt(position) : low),
          this.handled,
        );
        if (lowest < this.handled) {
          this.interrupted(new RewoundError(`the read model went back from ${this.handled} to ${lowest}`));
          this.rewound.abort();
        }
      });
    } catch (error) {
      this.interrupted(error);
    } finally {
      this.beating = false;
    }
  }
}

/**
 * Projects all events for ever: subscribes from the lowest checkpoint, and commits each batch's rows together with the checkpoints.
 * Survives a server that goes away. Two at the same time are safe, though only one is of use. Resolves after the signal; throws on
 * what trying again cannot mend.
 */
export const runProjector = async (options: ProjectorOptions): Promise<void> => {
  try {
    await new Projector(options).run();
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
};
