import { type AnswerHandler, createQuestions } from '#coordination';
import { startApi, type TestApi } from '../../testing/api.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('GET /api/scmdiff', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    const src = { type: 'git', value: 'https://example.org/tools.git main' };
    const note = { type: 'string', value: 'https://example.org/note' };
    await api.admin.send('PUT', '/jobset/demo/main', { ...jobsetBody, inputs: { src, note } });
  });
  afterAll(() => api.close());

  const asked: unknown[] = [];
  /** Asks while an evaluator answers so. */
  const whileAnswering = async (handler: AnswerHandler, path: string) => {
    const stop = new AbortController();
    const answered = createQuestions(api.database).answer(
      'evaluator',
      (question) => {
        asked.push(question);
        return handler(question);
      },
      stop.signal,
    );
    const answer = await api.admin.get(path);
    stop.abort();
    await answered;
    return answer;
  };
  const path = (parts: Record<string, string> = {}): string =>
    `/api/scmdiff?${new URLSearchParams({ uri: 'https://example.org/tools.git', type: 'git', rev1: 'a1', rev2: 'v2.0', ...parts })}`;

  it('is the evaluator’s text, as text', async () => {
    const { status, headers, text } = await whileAnswering(() => ({ text: 'commit …\n<b>' }), path());
    expect([status, headers.get('content-type'), text]).toEqual([200, 'text/plain; charset=utf-8', 'commit …\n<b>']);
    expect(asked).toEqual([
      { kind: 'scm-diff', uri: 'https://example.org/tools.git', type: 'git', rev1: 'a1', rev2: 'v2.0' },
    ]);
  });

  it('names what the farm did not fetch', async () => {
    for (const unknown of ['uri', 'rev1', 'rev2'])
      expect(await whileAnswering(() => ({ unknown }), path())).toMatchObject({
        status: 404,
        json: { field: unknown },
      });
  });

  it('is not now where the evaluator is busy, cannot, or is away', async () => {
    const broken = () => {
      throw new Error('git took longer');
    };
    for (const handler of [() => ({ busy: true }), broken, () => 'what?'])
      expect((await whileAnswering(handler, path())).status).toBe(503);
    expect((await api.admin.get(path())).status).toBe(503);
  });

  it.each([
    ['another address than a jobset’s input', { uri: 'https://example.org/other.git' }, 404, 'uri'],
    ['a text that is no repository', { uri: 'https://example.org/note' }, 404, 'uri'],
    ['an address of another type', { type: 'hg' }, 404, 'uri'],
    ['an unknown type', { type: 'svn' }, 400, 'type'],
    ['an option', { rev1: '--output=x' }, 400, 'rev1'],
    ['a path', { rev2: 'main:secret' }, 400, 'rev2'],
    ['no revision', { rev2: '' }, 400, 'rev2'],
  ])('does not ask about %s', async (_, parts, status, field) => {
    const answer = await api.admin.get(path(parts));
    expect([answer.status, answer.json.field]).toEqual([status, field]);
  });

  it('is for those who are signed in: the farm fetches what not everybody may see', async () => {
    expect((await api.anonymous.get(path())).status).toBe(401);
  });
});
