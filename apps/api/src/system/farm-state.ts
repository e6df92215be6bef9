import { Inject, Injectable } from '@nestjs/common';
import {
  createCheckpoints,
  createParkedEvents,
  type Leader,
  leadersOf,
  type ParkedEvent,
  someoneLeads,
  type Storage,
  storageOf,
} from '#coordination';
import {
  logHours,
  type LogHours,
  logTotals,
  projectionStatuses,
  type ProjectionStatus,
  projectorStatus,
  type ProjectorStatus,
} from '#read-model';
import { Reader } from '../queries/reader.js';
import { QUEUE_RUNNER, QueueRunner } from '../scheduler/queue-runner.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** What one process of the installation at a time does, by the names that leaders go by. */
const DUTIES = [
  'projector',
  'evaluator',
  'queue-builds',
  QUEUE_RUNNER,
  'declarative',
  'gc-roots',
  's3-backup',
] as const;
const HOUR_MS = 3_600_000;
const HOURS = 24;
/** Parked events that are told one by one; `npx iolaus parked list` has all. */
const PARKED = 100;

/** A projection, and since when it lacks something of the log (Unix milliseconds); null: it has all of it. */
export type Projected = ProjectionStatus & Readonly<{ behindSinceMs: number | null }>;

/** What everybody may know of how the installation itself does. */
export type SystemState = Readonly<{
  /** of the newest event of the log */
  head: bigint;
  /** undefined: no projector ever ran */
  projector: ProjectorStatus | undefined;
  projections: readonly Projected[];
  /** a worker leads a duty */
  workerLeads: boolean;
  log: LogHours;
  /** what the leading queue runner says of itself */
  queueRunner: Readonly<Record<string, unknown>>;
  /** events that a duty gave up on */
  parked: number;
}>;

/** A duty, and how far it came. */
export type DutyState = Readonly<{
  name: string;
  leader: Leader | undefined;
  /** of the last event that it handled; undefined: it does not go through the log, or never did */
  position: bigint | undefined;
}>;

/** What concerns who runs the installation: processes, room, and what went wrong word by word. */
export type Operations = Readonly<{
  duties: readonly DutyState[];
  storage: Storage;
  logs: Readonly<{ logs: number; bytes: number }>;
  /** the first of them, oldest first of each consumer */
  parked: readonly ParkedEvent[];
}>;

/** Asks all parts of the installation how they do. */
@Injectable()
export class FarmState {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'database' | 'store' | 'clock'>,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(QueueRunner) private readonly queueRunner: QueueRunner,
  ) {}

  async system(): Promise<SystemState> {
    const { database, store, clock } = this.deps;
    const nowMs = clock.now();
    // Before the projections: what is written between the two is no lag.
    const head = await store.head();
    const [projector, projections, workerLeads, log, queueRunner, parked] = await Promise.all([
      projectorStatus(database),
      projectionStatuses(database).then((all) => this.dated(all, head)),
      someoneLeads(database, 'projector'),
      this.reader.ask((db) => logHours(db, nowMs - (HOURS - 1) * HOUR_MS, nowMs)),
      this.queueRunner.ifLeading(),
      createParkedEvents(database).count(),
    ]);
    return { head, projector, projections, workerLeads, log, queueRunner, parked };
  }

  async operations(): Promise<Operations> {
    const { database } = this.deps;
    const [leaders, positions, storage, logs, parked] = await Promise.all([
      leadersOf(database, DUTIES),
      createCheckpoints(database).all(),
      storageOf(database),
      this.reader.ask(logTotals),
      createParkedEvents(database).list(undefined, PARKED),
    ]);
    const names = [...new Set([...DUTIES, ...positions.keys()])];
    const duties = names.map((name) => ({ name, leader: leaders.get(name), position: positions.get(name) }));
    return { duties, storage, logs, parked };
  }

  /** Dates each lag by the first event that is missing: most projections stand at the same place. */
  private async dated(all: readonly ProjectionStatus[], head: bigint): Promise<Projected[]> {
    const since = new Map<bigint, number>();
    for (const { position } of all) {
      if (position >= head || since.has(position)) continue;
      for await (const [first] of this.deps.store.readAll({ after: position, to: head, batchSize: 1 })) {
        if (first) since.set(position, Date.parse(first.metadata.at));
        break;
      }
    }
    return all.map((one) => ({ ...one, behindSinceMs: since.get(one.position) ?? null }));
  }
}
