import { setImmediate as breathe } from 'node:timers/promises';
import type { EventStore } from '#event-store';
import { type Changes, FarmHistory, REPLAY_TYPES, sharesById, whatIf, whatIfJson } from '#scheduler';
import { badInput, Problem } from '../../http/problem.js';

export type Asked = Omit<Changes, 'shares'> &
  Readonly<{ shares: ReadonlyMap<string, number>; fromMs?: number; toMs?: number }>;

/** Events of one read, and steps of the simulation: other requests get their turn after each. */
const BATCH = 500;
/** Events of a history that is held in memory. */
const MOST_EVENTS = 1_000_000;
const RETRY_SECONDS = 10;

/** Answers one question at a time: each costs the memory of its history and seconds of work. */
export class Simulations {
  private busy = false;

  /** Throws a 503 while another is being answered, and a 400 for a jobset that the log does not know. `signal` ends it. */
  async ask(store: EventStore, asked: Asked, signal: AbortSignal): Promise<ReturnType<typeof whatIfJson>> {
    if (this.busy)
      throw new Problem(503, 'another simulation runs; try again soon', {
        headers: { 'retry-after': String(RETRY_SECONDS) },
      });
    this.busy = true;
    try {
      return await simulated(store, asked, signal);
    } finally {
      this.busy = false;
    }
  }
}

const simulated = async (
  store: EventStore,
  { fromMs, toMs, shares: named, ...changes }: Asked,
  signal: AbortSignal,
) => {
  const history = new FarmHistory({
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  });
  reading: for await (const events of store.readAll({ types: REPLAY_TYPES, batchSize: BATCH })) {
    for (const event of events) if (!history.apply(event)) break reading;
    if (history.happenings.length > MOST_EVENTS) throw badInput('from', 'must be later: so long a time does not fit');
    await breathe();
    signal.throwIfAborted();
  }
  history.finish();
  const { shares, unknown } = sharesById(history, named);
  if (unknown !== undefined) throw badInput(`shares.${unknown}`, 'must be a jobset that the log knows');
  const run = whatIf(history, { ...changes, shares });
  let step = run.next();
  for (let done = 1; !step.done; done += 1, step = run.next()) {
    if (done % BATCH > 0) continue;
    await breathe();
    signal.throwIfAborted();
  }
  return whatIfJson(history, step.value);
};
