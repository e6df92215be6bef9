import fc from 'fast-check';
import { Ledger } from '#scheduler';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { forget, projectEvents } from '../../testing/read-model.js';
import { BEGIN, Story } from '../../testing/story.js';
import { USED, usedAt } from './used.js';

const HOUR = 3_600_000;

/** An attempt, relative to the begin of the history; no duration: it runs. */
type Attempt = Readonly<{ startMs: number; durationMs: number | undefined; jobsets: readonly number[] }>;

const attempt: fc.Arbitrary<Attempt> = fc.record({
  startMs: fc.integer({ min: 0, max: 80 * HOUR }),
  durationMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 2 * HOUR }) },
    { weight: 2, arbitrary: fc.integer({ min: 20 * HOUR, max: 60 * HOUR }) },
    { weight: 1, arbitrary: fc.integer({ min: -5, max: 5 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  jobsets: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
});

const history = fc.record({
  attempts: fc.array(attempt, { maxLength: 60 }),
  windowMs: fc.constantFrom(HOUR, 24 * HOUR, 30 * HOUR, 7919),
  fromMs: fc.integer({ min: 0, max: 100 * HOUR }),
  stepMs: fc.oneof(fc.constantFrom(1, 1000, HOUR / 2, HOUR), fc.integer({ min: 1, max: 5 * HOUR })),
  count: fc.integer({ min: 1, max: 40 }),
});

type Plan = Readonly<{ 'Relation Name'?: string; Plans?: readonly Plan[] }> & Readonly<Record<string, unknown>>;

/** Rows that a plan took from `steps`, those that it threw away included. */
const rowsRead = (plan: Plan): number => {
  const own = ['Actual Rows', 'Rows Removed by Filter', 'Rows Removed by Index Recheck'].map((of) =>
    Number(plan[of] ?? 0),
  );
  const here = plan['Relation Name'] === 'steps' ? own.reduce((sum, each) => sum + each, 0) : 0;
  return (plan.Plans ?? []).reduce((sum, each) => sum + rowsRead(each), here);
};

describe('use by the read model', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const project = async (attempts: readonly Attempt[]) => {
    const story = new Story();
    attempts.forEach(({ startMs, durationMs, jobsets }, i) => {
      const startedAtMs = BEGIN + startMs;
      story.stepStarted(`/nix/store/d${i}.drv`, i + 1, { startedAtMs, jobsetIds: jobsets });
      if (durationMs !== undefined)
        story.stepCompleted(`/nix/store/d${i}.drv`, i + 1, { startedAtMs, stoppedAtMs: startedAtMs + durationMs });
    });
    await forget(database.pool);
    await projectEvents(database.url, recorded(story.history), 1000);
  };

  it('is that of the queue runner’s ledger after any history, at any moment, to the millisecond', async () => {
    let cases = 0;
    await fc.assert(
      fc.asyncProperty(history, async ({ attempts, windowMs, fromMs, stepMs, count }) => {
        await project(attempts);
        const ledger = new Ledger(windowMs);
        attempts.forEach(({ startMs, durationMs, jobsets }, i) => {
          ledger.start(String(i), jobsets, BEGIN + startMs);
          if (durationMs !== undefined) ledger.stop(String(i), BEGIN + startMs + durationMs);
        });
        const used = await usedAt(database.pool, { fromMs: BEGIN + fromMs, stepMs, count }, windowMs);
        for (let i = 0; i < count; i++) {
          const at = BEGIN + fromMs + i * stepMs;
          for (const id of [1, 2, 3, 4, 5]) {
            expect([i, id, used.get(id)?.usedMs[i] ?? 0]).toEqual([i, id, ledger.usedMs(id, at)]);
            const running = attempts.filter(
              ({ startMs, durationMs = Infinity, jobsets }) =>
                jobsets.includes(id) && BEGIN + startMs < at && BEGIN + startMs + durationMs > at,
            );
            expect([i, id, used.get(id)?.running[i] ?? 0]).toEqual([i, id, running.length]);
          }
          cases += 1;
        }
      }),
      { numRuns: 30, seed: 20260102, endOnFailure: true },
    );
    expect(cases).toBeGreaterThan(300);
  }, 60_000);

  it('reads only what began around the window, what took more than a day, and what runs', async () => {
    await forget(database.pool);
    await projectEvents(database.url, recorded(new Story().project('p', 1).history));
    const { pool } = database;
    await pool.query(`insert into read_model.steps (build_id, nr, drv_path, attempt, system, machine, status, started_at_ms,
        stopped_at_ms, jobset_ids)
      select i, 1, 'd' || i, 1, '', '', 'succeeded', ${BEGIN} + i::bigint * 60000, ${BEGIN} + i::bigint * 60000 + 90000, '{1}'
      from generate_series(1, 100000) i`);
    await pool.query('analyze read_model.steps');
    // The window holds 1440 starts, the day before it as many again, of 100,000.
    const moment = [BEGIN + 50_000 * 60_000, 1, 1, 24 * HOUR] as const;
    const used = await usedAt(pool, { fromMs: moment[0], stepMs: 1, count: 1 }, 24 * HOUR);
    expect(used.get(1)!.usedMs).toEqual([1439 * 90_000 + 30_000 + 60_000]);
    const { rows } = await pool.query(`explain (analyze, format json) ${USED}`, [...moment]);
    expect(rowsRead(rows[0]['QUERY PLAN'][0].Plan)).toBeLessThanOrEqual(2 * 1440);
  });
});
