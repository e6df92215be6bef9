import { createTestDatabase, type TestDatabase } from '../../../test/stack/postgres.js';
import { createNotices, migrateCoordination } from './index.js';

describe('a notice', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
    await migrateCoordination(test.pool);
  });
  afterAll(() => test.drop());

  it('stands since it was first given, with its newest words, until it is taken back', async () => {
    const notices = createNotices(test.pool);
    expect(await notices.get('a')).toBeUndefined();
    await notices.set('a', 'broken');
    const first = await notices.get('a');
    expect(Math.abs(first!.sinceMs - Date.now())).toBeLessThan(60_000);
    await notices.set('a', 'broken \0 elsewhere');
    expect(await notices.get('a')).toEqual({ ...first, message: 'broken \ufffd elsewhere' });
    expect(await notices.get('b')).toBeUndefined();
    await notices.clear('a');
    expect(await notices.get('a')).toBeUndefined();
  });
});
