import type { DomainEvent } from '#domain';
import type { EventStore } from '#event-store';
import type { ConnectionPool } from '#read-model';
import {
  type Drift,
  type JobsetUsage,
  Replay,
  type ReplayCounts,
  REPLAY_TYPES,
  type SchedulerOptions,
} from '#scheduler';
import { compareWithReadModel, type Comparison, snapshotAt } from './read-model.js';

export type Interval = Readonly<{ fromMs?: number; toMs?: number }>;

export type ReplayedShares = Readonly<{
  counts: ReplayCounts;
  /** the first difference */
  first: Drift | undefined;
  rules: SchedulerOptions;
  /** of the end, Unix milliseconds */
  atMs: number;
  usage: readonly (JobsetUsage & { jobset: string })[];
  /** up to where the log was read */
  position: bigint;
  readModel?: Comparison;
}>;

export type ReplayOptions = Readonly<{
  onProgress?: (position: bigint, head: bigint) => void;
  /** of the read model's database */
  pool?: ConnectionPool;
}>;

/** Events of one read; each is parsed and lifted before the next is asked for. */
const BATCH = 2000;

/** The longest window that any term of the log has: what later terms need of the past. */
const longestWindow = async (store: EventStore): Promise<number> => {
  let most = 0;
  for await (const events of store.readAll({ types: ['QueueRunnerStarted'] }))
    for (const { data } of events) most = Math.max(most, (data as { windowMs: number }).windowMs);
  return most;
};

const nameOf = (event: DomainEvent): readonly [number, string] | undefined => {
  switch (event.type) {
    case 'JobsetCreated':
    case 'JobsetCloned':
    case 'JobsetConfigured':
      return [event.data.jobsetId, `${event.data.project}:${event.data.name}`];
    case 'JobsetRenamed':
      return [event.data.jobsetId, `${event.data.to.project}:${event.data.to.name}`];
    case 'BuildQueued':
      return [event.data.jobset.id, `${event.data.jobset.project}:${event.data.jobset.name}`];
    default:
      return undefined;
  }
};

/**
 * Replays the log from its beginning, which gives the state at `fromMs`; differences and counts are those of the interval. `onProgress`
 * hears of the position and of the head. With `pool` and without an end, the use is compared with the read model's as well.
 */
export const replayShares = async (
  store: EventStore,
  { fromMs = -Infinity, toMs = Infinity }: Interval,
  { onProgress = () => undefined, pool }: ReplayOptions = {},
): Promise<ReplayedShares> => {
  let first: Drift | undefined;
  const [head, windowMs] = await Promise.all([store.head(), longestWindow(store)]);
  const names = new Map<number, string>();
  const replay = new Replay({ ...(windowMs > 0 ? { retainMs: windowMs } : {}), onDrift: (drift) => (first ??= drift) });
  replay.checking = fromMs === -Infinity;
  let position = 0n;
  /** Whether it came there, and not to the end of the interval. */
  const readTo = async (to: bigint): Promise<boolean> => {
    for await (const events of store.readAll({ after: position, to, types: REPLAY_TYPES, batchSize: BATCH })) {
      for (const event of events) {
        // The time of every event is read only where somebody asks for it.
        if (!replay.checking || toMs !== Infinity) {
          const atMs = Date.parse(event.metadata.at);
          if (atMs > toMs) return false;
          if (atMs >= fromMs) replay.checking = true;
        }
        const named = nameOf(event as unknown as DomainEvent);
        if (named) names.set(...named);
        replay.apply(event);
        position = event.position;
      }
      onProgress(position, to);
    }
    position = to;
    return true;
  };
  const whole = await readTo(head);
  const snapshot = whole && pool ? await snapshotAt(pool, position, replay.atMs - replay.rules.windowMs) : undefined;
  // The farm went on meanwhile.
  if (snapshot && snapshot.position > position) await readTo(snapshot.position);
  replay.finish();
  const atMs = Math.max(replay.atMs, toMs === Infinity ? 0 : toMs);
  const usage = replay
    .usage(atMs)
    .map((each) => ({ ...each, jobset: names.get(each.jobsetId) ?? `#${each.jobsetId}` }));
  const done = { counts: replay.counts, first, rules: replay.rules, atMs, usage, position };
  return { ...done, ...(snapshot ? { readModel: compareWithReadModel(snapshot, done) } : {}) };
};
