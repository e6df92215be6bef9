import { jobsetStream, queueRunnerStream } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { forget, projectEvents } from '../../testing/read-model.js';
import { BEGIN, CONFIGURATION, Story } from '../../testing/story.js';
import { jobsetNames, listDispatches, type JobsetUsage, MAX_MOMENTS, usageAt, usageSeries } from '../index.js';

const HOUR = 3_600_000;

describe('use and entitlement', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const after = async (story: Story, batch = 3) => {
    await forget(database.pool);
    await projectEvents(database.url, recorded(story.history), batch);
    return database.pool;
  };
  const farm = () => new Story().project('p', 1).jobset('p', 'a', 1, { shares: 300 }).jobset('p', 'b', 2);
  const of = (jobsetId: number, name: string) => ({ jobsetId, project: 'p', name });
  const brief = ({ jobset, shares, entitlement, rank }: JobsetUsage) => [jobset, shares, entitlement, rank];

  it('say who used how much, who is entitled to what, and who stands furthest below its share', async () => {
    const story = farm();
    story.stepStarted('d1', 1, { jobsetIds: [2, 1], startedAtMs: BEGIN });
    story.stepCompleted('d1', 1, { startedAtMs: BEGIN, stoppedAtMs: BEGIN + 2001 });
    story.stepStarted('d2', 2, { jobsetIds: [1], startedAtMs: BEGIN + 1000 });
    const { usedMs, jobsets, rules } = await usageAt(await after(story), { atMs: BEGIN + 5000 });
    expect([usedMs, rules]).toEqual([6001, { policy: 'window', windowMs: 24 * HOUR }]);
    expect(jobsets).toEqual([
      {
        jobsetId: 2,
        project: 'p',
        jobset: 'b',
        usedMs: 1000,
        shares: 100,
        enabled: true,
        entitlement: 0.25,
        rank: 1,
        running: 0,
      },
      {
        jobsetId: 1,
        project: 'p',
        jobset: 'a',
        usedMs: 5001,
        shares: 300,
        enabled: true,
        entitlement: 0.75,
        rank: 2,
        running: 1,
      },
    ]);
  });
  it('give jobsets that stand equal the same rank, and those that take no part none', async () => {
    const story = farm().jobset('p', 'off', 3, { mode: 'disabled', shares: 1000 });
    const { jobsets } = await usageAt(await after(story), { atMs: story.now });
    expect(jobsets.map(brief)).toEqual([['a', 300, 0.75, 1], ['b', 100, 0.25, 1], ['off', 1000, 0, null]]); // prettier-ignore
  });
  it('are those of any past moment, with the shares of then and the names of now', async () => {
    const story = farm();
    const at: number[] = [story.now - 500];
    const tell = (event: Parameters<Story['tell']>[1], name = 'a') => {
      story.tell(jobsetStream('p', name), event);
      at.push(story.now - 500);
    };
    tell({ type: 'ShareChanged', data: { ...of(1, 'a'), shares: 100, before: 300 } });
    tell({ type: 'JobsetDisabled', data: { ...of(2, 'b'), cause: 'command' } }, 'b');
    tell({ type: 'JobsetConfigured', data: { ...of(1, 'a'), configuration: { ...CONFIGURATION, shares: 7 } } });
    tell({
      type: 'JobsetConfigured',
      data: { ...of(1, 'a'), configuration: { ...CONFIGURATION, shares: 7, description: '' } },
    });
    tell({ type: 'JobsetEnabled', data: { ...of(2, 'b'), mode: 'one-shot' } }, 'b');
    const to = { project: 'q', name: 'z' };
    const renamed = {
      jobsetId: 1,
      from: { project: 'p', name: 'a' },
      to,
      configuration: { ...CONFIGURATION, shares: 7 },
    };
    story.tell(jobsetStream('q', 'z'), { type: 'JobsetRenamed', data: renamed });
    tell({ type: 'JobsetRenamed', data: renamed });
    // Under the name that it no longer has: that is not it.
    tell({ type: 'JobsetDeleted', data: of(1, 'a') });
    tell({ type: 'JobsetDeleted', data: of(2, 'b') }, 'b');
    const db = await after(story);
    const seen = [];
    for (const atMs of [BEGIN - 1, ...at]) seen.push((await usageAt(db, { atMs })).jobsets.map(brief));
    const [b, gone] = [['b', 100, 100 / 107, 1], ['b', 100, 0, null]]; // prettier-ignore
    expect(seen).toEqual([
      [],
      [['z', 300, 0.75, 1], ['b', 100, 0.25, 1]],
      [['z', 100, 0.5, 1], ['b', 100, 0.5, 1]],
      [['z', 100, 1, 1], gone],
      [['z', 7, 1, 1], gone],
      [['z', 7, 1, 1], gone],
      [['z', 7, 7 / 107, 1], b],
      [['z', 7, 7 / 107, 1], b],
      [['z', 7, 7 / 107, 1], b],
      [['z', 7, 1, 1]],
    ]); // prettier-ignore
    expect(
      (await db.query('select count(*)::int as n from read_model.jobset_shares where jobset_id = 1')).rows,
    ).toEqual([{ n: 4 }]);
    expect(await jobsetNames(db, [1, 9])).toEqual(new Map([[1, { project: 'q', jobset: 'z' }]]));
  });
  it('go by the window of the queue runner that chose at that moment', async () => {
    const story = farm().stepStarted('d1', 1, { startedAtMs: BEGIN });
    const term = (id: string, startedAtMs: number, windowMs: number) =>
      story.tell(queueRunnerStream(id), {
        type: 'QueueRunnerStarted',
        data: { term: id, policy: 'clamped', windowMs, clampCreditMs: 0, startedAtMs },
      });
    term('11111111-1111-4111-8111-111111111111', BEGIN + HOUR, 1000);
    term('22222222-2222-4222-8222-222222222222', BEGIN + 2 * HOUR, 5000);
    const db = await after(story);
    const used = async (atMs: number, windowMs?: number) =>
      (await usageAt(db, { atMs, ...(windowMs === undefined ? {} : { windowMs }) })).usedMs;
    expect([await used(BEGIN + HOUR - 1), await used(BEGIN + HOUR), await used(BEGIN + 3 * HOUR)]).toEqual([
      HOUR - 1,
      1000,
      5000,
    ]);
    expect(await used(BEGIN + 3 * HOUR, 7)).toBe(7);
    expect((await usageAt(db, { atMs: BEGIN + 3 * HOUR })).rules.policy).toBe('clamped');
  });
  it('come as a series that is what each of its moments says', async () => {
    const story = farm();
    for (let i = 0; i < 30; i++) {
      const startedAtMs = BEGIN + i * 1700;
      story.stepStarted(`d${i}`, i + 1, { jobsetIds: i % 3 ? [1 + (i % 2)] : [1, 2], startedAtMs });
      story.stepCompleted(`d${i}`, i + 1, { startedAtMs, stoppedAtMs: startedAtMs + 997 * (i % 5) });
      if (i === 10)
        story.tell(jobsetStream('p', 'b'), { type: 'ShareChanged', data: { ...of(2, 'b'), shares: 400, before: 100 } });
    }
    const db = await after(story, 50);
    const series = await usageSeries(db, { fromMs: BEGIN, toMs: BEGIN + 70_000, stepMs: 7000, windowMs: 20_000 });
    expect([series.atMs.length, series.jobsets.length]).toEqual([11, 2]);
    for (const [i, atMs] of series.atMs.entries()) {
      const { usedMs, jobsets } = await usageAt(db, { atMs, windowMs: 20_000 });
      expect(series.usedMs[i]).toBe(usedMs);
      for (const one of series.jobsets) {
        const then = jobsets.find(({ jobsetId }) => jobsetId === one.jobsetId);
        const { shares = 0, entitlement = 0, usedMs: used = 0, running = 0 } = then ?? ({} as Partial<JobsetUsage>);
        const seen = [one.usedMs[i], one.running[i], one.shares[i], one.entitlement[i]];
        expect([i, ...seen]).toEqual([i, used, running, shares, entitlement]);
      }
    }
    const only = await usageSeries(db, { fromMs: BEGIN, toMs: BEGIN, stepMs: 1, jobsetId: 2 });
    expect(only.jobsets).toMatchObject([{ jobset: 'b', usedMs: [0] }]);
    await expect(usageSeries(db, { fromMs: 0, toMs: MAX_MOMENTS, stepMs: 1 })).rejects.toThrow(RangeError);
  });
  it('list dispatches newest first, by jobset and machine, and go on where a page ended', async () => {
    const story = farm();
    const base = {
      policy: 'window',
      globalPriority: 0,
      usedMs: 0,
      shares: 1,
      localPriority: 1,
      features: 0,
      dependents: 0,
    };
    for (let i = 1; i <= 6; i++)
      story.stepStarted(`d${i}`, i, {
        startedAtMs: BEGIN + Math.floor(i / 2),
        machine: i % 2 ? 'm1' : 'm2',
        dispatch: { ...base, jobsetId: i < 4 ? 1 : 2, lowestBuildId: i, runnable: 1 },
      });
    const db = await after(story);
    const ids = async (filter: Partial<Parameters<typeof listDispatches>[1]>) =>
      (await listDispatches(db, { limit: 10, ...filter })).map(({ buildId }) => buildId);
    expect(await ids({})).toEqual([6, 5, 4, 3, 2, 1]);
    expect(await ids({ jobsetId: 1 })).toEqual([3, 2, 1]);
    expect(await ids({ machine: 'm2' })).toEqual([6, 4, 2]);
    expect(await ids({ jobsetId: 1, machine: 'm1' })).toEqual([3, 1]);
    const [, , third] = await listDispatches(db, { limit: 3 });
    expect(third).toMatchObject({
      buildId: 4,
      attempt: 1,
      machine: 'm2',
      slot: 0,
      status: null,
      dispatch: { jobsetId: 2 },
    });
    expect(await ids({ before: third! })).toEqual([3, 2, 1]);
  });
});
