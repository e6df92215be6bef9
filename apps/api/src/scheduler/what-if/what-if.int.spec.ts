import { intoLog } from '../../../../../libs/scheduler/testing/into-log.js';
import { randomLog } from '../../../../../libs/scheduler/testing/random-log.js';
import { startApi, type TestApi } from '../../../testing/api.js';

const PATH = '/api/scheduler/what-if';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await intoLog(api.store, randomLog({ seed: 12, actions: 1500 }).log);
});
afterAll(() => api.close());

describe('POST /api/scheduler/what-if', () => {
  it('answers who wins and who loses to somebody who is signed in', async () => {
    const asked = { shares: { 'p:j1': 200 }, windowHours: 48, slots: { 'x86_64-linux': 8 }, policy: 'hydra' };
    const { status, json: body } = await api.admin.send('POST', PATH, asked);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      changedRules: { policy: 'window', windowMs: 48 * 3_600_000 },
      error: { machinePercent: expect.any(Number) },
      notes: expect.arrayContaining([expect.stringContaining('recorded ones')]),
    });
    const { real, changed, verdicts } = body as Record<string, { jobsets: { jobset: string; steps: number }[] }>;
    expect(real!.jobsets[0]).toMatchObject({ jobset: 'p:j1', steps: expect.any(Number) });
    expect(changed!.jobsets).not.toHaveLength(0);
    expect(verdicts).toContainEqual({ jobsetId: 1, jobset: 'p:j1', verdict: expect.stringMatching(/wins|loses|same/) });
    expect((await api.anonymous.send('POST', PATH, asked)).status).toBe(401);
  });

  it('answers one at a time, and says when to come back', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => api.admin.send('POST', PATH, {})));
    const busy = answers.filter(({ status }) => status === 503);
    expect(answers.filter(({ status }) => status === 200)).not.toHaveLength(0);
    expect(busy).not.toHaveLength(0);
    expect(busy[0]!.headers.get('retry-after')).toBe('10');
    expect((await api.admin.send('POST', PATH, {})).status).toBe(200);
  });

  it.each([
    [{ shares: { 'p:j1': 0 } }, 'shares.p:j1'],
    [{ shares: { j1: 5 } }, 'shares.j1'],
    [{ shares: { 'no:such': 5 } }, 'shares.no:such'],
    [{ slots: { 'x86_64-linux': 'many' } }, 'slots.x86_64-linux'],
    [{ windowHours: 0 }, 'windowHours'],
    [{ policy: 'fair' }, 'policy'],
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'to'],
    [{ nonsense: 1 }, 'nonsense'],
  ])('refuses %j by its field', async (asked, field) => {
    const { status, json: body } = await api.admin.send('POST', PATH, asked);
    expect({ status, field: (body as { field: string }).field }).toEqual({ status: 400, field });
  });
});
