import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { projectEvents } from '../../testing/read-model.js';
import { Story } from '../../testing/story.js';
import { searchCommits } from './commits.js';

describe('commits', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    const story = new Story()
      .project('p', 1)
      .jobset('p', 'j', 1)
      .jobset('p', 'k', 2)
      .jobset('p', 'h', 3, { hidden: true });
    const ran = (id: number, jobsetId: number, name: string, ...revisions: string[]) => {
      const inputs = revisions.map((revision, nr) => ({ name: `in${nr}`, type: 'git' as const, value: 'v', revision }));
      story.evaluationStarts(id, jobsetId, 'p', name).evaluationRan(id, jobsetId, 'p', name, { inputs });
    };
    ran(11, 1, 'j', 'ABC1230', 'ffff');
    ran(12, 1, 'j', 'abc1230', 'abc1239');
    ran(13, 2, 'k', 'abc1230', '', 'abc1230');
    ran(14, 3, 'h', 'abc1230');
    await projectEvents(database.url, recorded(story.history), 3);
  });
  afterAll(() => database.drop());
  const find = async (text: string, limit = 10) =>
    (await searchCommits(database.pool, text, limit)).map(({ revision, jobset, input, evaluationId }) => [
      revision,
      ...[jobset, input, evaluationId],
    ]);

  it('are found by their begin, in each jobset where it was evaluated first', async () => {
    expect(await find('abc123')).toEqual([
      ['abc1230', 'k', 'in0', 13],
      ['abc1239', 'j', 'in1', 12],
      ['abc1230', 'j', 'in0', 11],
    ]);
    expect(await find('abc1239')).toEqual([['abc1239', 'j', 'in1', 12]]);
    expect(await find('abc123', 1)).toEqual([['abc1230', 'k', 'in0', 13]]);
  });

  it('are not found by what stands in their middle, nor by what means something to a database', async () => {
    for (const text of ['bc12', 'abc_', '%', 'abc1230a']) expect([text, await find(text)]).toEqual([text, []]);
  });
});
