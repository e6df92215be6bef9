import { userStream } from '#domain';
import { manualClock } from '../../../../libs/runtime/testing/manual-clock.js';
import { startApi, type TestApi } from '../../testing/api.js';
import { BURST, REFILL_MS } from './refusal-budget.js';

describe('refused commands of one user', () => {
  const clock = manualClock(Date.parse('2026-01-02T03:04:05Z'));
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ clock });
  });
  afterAll(() => api.close());

  const types = async (id: string): Promise<string[]> => {
    const found = [];
    for await (const { type } of api.store.readStream(userStream(id))) found.push(type);
    return found.filter((type) => type.startsWith('CommandRej') || type.startsWith('Rejections'));
  };

  it('are written to the log up to a bound; how many were left out is written once there is room again', async () => {
    const eve = await api.signIn('eve');
    const refused = async (times: number) => {
      for (let i = 0; i < times; i++) expect((await eve.send('PUT', '/project/x', {})).status).toBe(403);
    };
    await refused(BURST + 7);
    expect(await types(eve.id)).toEqual(Array.from({ length: BURST }, () => 'CommandRejected'));

    clock.advance(2 * REFILL_MS);
    await refused(1);
    expect((await types(eve.id)).slice(BURST)).toEqual(['RejectionsSuppressed', 'CommandRejected']);
    const { json } = await api.admin.get('/api/audit?action=RejectionsSuppressed');
    expect(json.events).toMatchObject([{ actor: { kind: 'system', id: 'api' }, data: { userId: eve.id, count: 7 } }]);
    const page = await api.admin.page('/audit?action=RejectionsSuppressed');
    expect(page.text).toContain('left 7 more refusals of eve to the operational log');
  });
});
