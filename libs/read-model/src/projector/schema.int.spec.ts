import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { describeSchema } from '../../testing/catalog.js';
import { prepareReadModel, projectorStatus } from '../index.js';

const GOLDEN = fileURLToPath(new URL('../../schema.sql', import.meta.url));

describe('the schema read_model', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('has no status before it is there', async () => {
    expect(await projectorStatus(database.pool)).toBeUndefined();
  });
  it('is made once by several that start at the same time, and is what schema.sql says', async () => {
    await Promise.all([1, 2, 3].map(() => prepareReadModel(database.pool)));
    const schema = await describeSchema(database.pool, 'read_model');
    // Write it anew with UPDATE_GOLDEN=1, read the diff, and raise the version of each projection whose tables changed.
    if (process.env['UPDATE_GOLDEN']) await writeFile(GOLDEN, schema);
    expect(schema).toBe(await readFile(GOLDEN, 'utf8'));
    expect(await projectorStatus(database.pool)).toMatchObject({ position: 0n, caughtUp: false });
  });
});
