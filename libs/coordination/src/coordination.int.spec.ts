import { createTestDatabase, type TestDatabase } from '../../../test/stack/postgres.js';
import {
  claimIdempotencyKey,
  createCheckpoints,
  createIdSequences,
  createParkedEvents,
  migrateCoordination,
  rememberChoice,
} from './index.js';

describe('coordination', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
    await Promise.all([migrateCoordination(test.pool), migrateCoordination(test.pool)]);
  });
  afterAll(() => test.drop());

  describe('ids', () => {
    it('are drawn once each, however many draw at once, one by one and in blocks', async () => {
      const ids = createIdSequences(test.pool);
      const drawn = (
        await Promise.all([ids.nextBuildIds(500), ids.nextBuildId(), ids.nextBuildIds(500), ids.nextBuildId()])
      ).flat();
      expect(new Set(drawn).size).toBe(1002);
      const [block] = [await ids.nextBuildIds(300)];
      expect(block).toEqual([...block].sort((a, b) => a - b));
      expect(await ids.nextBuildIds(0)).toEqual([]);
    });
    it('of projects, jobsets and evaluations are counted apart', async () => {
      const ids = createIdSequences(test.pool);
      expect([await ids.nextProjectId(), await ids.nextJobsetId(), await ids.nextEvaluationId()]).toEqual([1, 1, 1]);
      expect(await ids.nextProjectId()).toBe(2);
    });
    it('go on above those of an imported log, and never back', async () => {
      const ids = createIdSequences(test.pool);
      await ids.raise({ evaluation: 5000 });
      expect(await ids.nextEvaluationId()).toBe(5001);
      await ids.raise({ evaluation: 10 });
      expect(await ids.nextEvaluationId()).toBeGreaterThan(5001);
    });
  });

  describe('an idempotency key', () => {
    const id = (nr: number) => `00000000-0000-4000-8000-${String(nr).padStart(12, '0')}`;
    it('is claimed by everybody who wants the same at once, and by nobody for something else', async () => {
      for (let nr = 0; nr < 20; nr++) {
        const claims = Array.from({ length: 8 }, () => claimIdempotencyKey(test.pool, id(nr), 'same'));
        expect(await Promise.all(claims)).toEqual(claims.map(() => true));
      }
      expect(await claimIdempotencyKey(test.pool, id(0), 'other')).toBe(false);
    });
    it('keeps to what was chosen first, each part for itself', async () => {
      await claimIdempotencyKey(test.pool, id(99), 'same');
      const chosen = await Promise.all([1, 2, 3, 4].map((nr) => rememberChoice(test.pool, id(99), 'builds', [nr])));
      expect(new Set(chosen.map(([nr]) => nr)).size).toBe(1);
      expect(await rememberChoice(test.pool, id(99), 'failures', ['a'])).toEqual(['a']);
      expect(await rememberChoice(test.pool, id(99), 'builds', [])).toEqual(chosen[0]);
    });
  });

  it('a checkpoint moves forward only, and beyond what a double can hold', async () => {
    const checkpoints = createCheckpoints(test.pool);
    expect(await checkpoints.get('a')).toBeUndefined();
    await checkpoints.set('a', 9_007_199_254_740_993n);
    await checkpoints.set('a', 5n);
    await checkpoints.set('b', 1n);
    expect([await checkpoints.get('a'), await checkpoints.get('b')]).toEqual([9_007_199_254_740_993n, 1n]);
    expect([...(await checkpoints.all())]).toEqual([['a', 9_007_199_254_740_993n], ['b', 1n]]); // prettier-ignore
  });

  it('a parked event is listed, released, parked again with its attempts added up, and removed', async () => {
    const parked = createParkedEvents(test.pool);
    const event = {
      consumer: 'backup',
      eventId: '11111111-1111-4111-8111-111111111111',
      stream: 'build-1',
      revision: 2,
      position: 40n,
      type: 'BuildFinished',
      error: 'no bucket',
      attempts: 5,
    };
    await parked.park(event);
    await parked.park({ ...event, eventId: '22222222-2222-4222-8222-222222222222', position: 30n });
    expect((await parked.list('backup')).map(({ position }) => position)).toEqual([30n, 40n]);
    expect((await parked.list(undefined, 1)).map(({ position }) => position)).toEqual([30n]);
    expect([await parked.list('other'), await parked.count()]).toEqual([[], 2]);
    expect(await parked.release('backup', '33333333-3333-4333-8333-333333333333')).toBe(false);
    expect(await parked.release('backup', event.eventId)).toBe(true);
    expect(await parked.released('backup')).toMatchObject([{ ...event, released: true }]);
    await parked.park({ ...event, error: 'still none', attempts: 1 });
    expect(await parked.released('backup')).toEqual([]);
    const [, again] = await parked.list();
    expect(again).toMatchObject({ error: 'still none', attempts: 6, released: false });
    expect(again?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await parked.remove('backup', event.eventId);
    expect(await parked.list('backup')).toHaveLength(1);
  });
});
