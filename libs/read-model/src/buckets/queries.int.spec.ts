import { backupStream, bucketStream } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { examples } from '../../../domain/testing/examples.js';
import { recorded } from '../../testing/log-in-memory.js';
import { projectEvents } from '../../testing/read-model.js';
import { Story } from '../../testing/story.js';
import { bucketCollections, bucketHistory, bucketPlaces, lastCollection } from '../index.js';

const target = { bucket: 'cache', prefix: 'demo/' };
const DAY = 86_400_000;
const FIRST = Date.parse('2026-03-01T00:00:00.000Z');

describe('the read model of buckets', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    const story = new Story();
    const upload = (buildId: number, stoppedAtMs: number, fileSize: number, uploaded = true): void => {
      const path = { ...examples.BackupCompleted.data.paths[0]!, fileSize, uploaded };
      const { data } = examples.BackupCompleted;
      story.tell(backupStream(buildId), {
        type: 'BackupCompleted',
        data: { ...data, buildId, target, stoppedAtMs, paths: [path] },
      });
    };
    const collection = (collectionId: string, startedAtMs: number, ends: boolean): void => {
      const condemned = { ...examples.GarbageCondemned.data, collectionId, startedAtMs, listedAtMs: startedAtMs + 10 };
      story.tell(bucketStream('cache'), { type: 'GarbageCondemned', data: condemned });
      const collected = { ...examples.GarbageCollected.data, collectionId, startedAtMs, stoppedAtMs: startedAtMs + 20 };
      if (ends) story.tell(bucketStream('cache'), { type: 'GarbageCollected', data: collected });
    };
    upload(1, FIRST + 1, 1000);
    upload(2, FIRST + 2, 500);
    upload(3, FIRST + DAY, 70, false);
    collection('c1', FIRST + 2 * DAY, true);
    upload(4, FIRST + 2 * DAY + 100, 7);
    // Listed, and so among what the collection left.
    upload(5, FIRST + 2 * DAY + 5, 11);
    collection('killed', FIRST + 3 * DAY, false);
    await projectEvents(database.url, recorded(story.history), 10);
  });
  afterAll(() => database.drop());

  it('shows by day what came, what went and what there was in the end', async () => {
    const days = await bucketHistory(database.pool, target, { days: 5, nowMs: FIRST + 3 * DAY + 5 });
    expect(
      days.map(({ day, uploadedBytes, deletedBytes, bytes }) => [day, uploadedBytes, deletedBytes, bytes]),
    ).toEqual([
      ['2026-02-28', 0, 0, 0],
      ['2026-03-01', 1500, 0, 1500],
      ['2026-03-02', 0, 0, 1500],
      ['2026-03-03', 18, 1_000_000, 4_000_007],
      ['2026-03-04', 0, 0, 4_000_007],
    ]);
    expect(days[1]).toMatchObject({ uploaded: 2 });
  });

  it('knows the last collection that ended, and those that did not', async () => {
    expect(await lastCollection(database.pool, target)).toMatchObject({
      collectionId: 'c1',
      condemned: 20,
      deleted: 200,
      resurrected: 2,
      left: 1000,
      leftBytes: 4_000_000,
    });
    const all = await bucketCollections(database.pool, target);
    expect(all.map(({ collectionId, stoppedAtMs }) => [collectionId, stoppedAtMs !== null])).toEqual([
      ['killed', false],
      ['c1', true],
    ]);
    expect(await lastCollection(database.pool, { bucket: 'cache', prefix: '' })).toBeUndefined();
    expect(await bucketPlaces(database.pool)).toEqual([target]);
  });
});
