import { clockFrom } from '#runtime';
import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

const NOON = Date.parse('2026-01-02T12:00:00Z');
const HOUR = 3_600_000;

describe('the queue of the last hours', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ clock: clockFrom(() => NOON + 30 * 60_000) });
    await api.admin.send('PUT', '/project/demo', {});
    for (const name of ['main', 'side']) await api.admin.send('PUT', `/jobset/demo/${name}`, jobsetBody);
    await simulate(api, {
      ...{ project: 'demo', jobset: 'main', evaluationId: 50, firstBuildId: 1000, atMs: NOON - HOUR },
      jobs: [
        { job: 'a', status: 'succeeded' },
        { job: 'b', status: 'succeeded', measured: { isCachedBuild: true } },
        { job: 'c' },
      ],
    });
    const arm = { system: 'aarch64-linux' };
    const jobs = [{ job: 'd', description: arm }] as const;
    await simulate(api, {
      ...{ project: 'demo', jobset: 'side', evaluationId: 51, firstBuildId: 2000, atMs: NOON },
      jobs,
    });
  });
  afterAll(() => api.close());
  const page = async (query: string) => (await api.anonymous.page(`/queue${query}`)).text;
  const hours = async (query: string) => {
    const { status, json } = await api.anonymous.get(`/queue-hours${query}`);
    expect(status).toBe(200);
    return (json.hours as Record<string, number | null>[]).map(
      ({ hour, unfinished, queued, ended, began, waitbelow50, waitbelow95 }) => [
        (hour! * 1000 - NOON) / HOUR,
        ...[unfinished, queued, ended, began, waitbelow50, waitbelow95],
      ],
    );
  };

  it('is told by the hour, with the bounds of the waits: of the farm, of a jobset, for a system', async () => {
    const quiet = [0, 0, 0, 0, null, null];
    expect((await hours('')).length).toBe(24);
    expect(await hours('?hours=3')).toEqual([
      [-2, ...quiet],
      [-1, 1, 3, 2, 1, 2, 2],
      [0, 2, 1, 0, 0, null, null],
    ]);
    expect(await hours('?hours=1&jobset=demo:main')).toEqual([[0, 1, 0, 0, 0, null, null]]);
    expect(await hours('?hours=1&system=aarch64-linux')).toEqual([[0, 1, 1, 0, 0, null, null]]);
  });

  it('is drawn above the queue, with a sentence for who does not see it and the same as numbers', async () => {
    const text = await page('');
    expect(text).toContain(
      'aria-label="Unfinished builds at the end of each of the last 24 hours, oldest left: 0 at first, 2 builds now, at most 2 at the end of an hour"',
    );
    expect(text).toContain('of 1 build that began, half waited less than 2 s, 95 % less than 2 s, all less than 2 s');
    expect(text).toContain('Queue by hour (UTC)');
    expect(text).toContain('11:00 to 12:00');
    expect(await page('?jobset=demo:main')).toContain('1 build now, at most 1 at the end of an hour');
  });

  it('is not drawn where nobody counts: the builds of a jobset for a system, and of what never waited', async () => {
    expect(await page('?jobset=demo:main&system=aarch64-linux')).not.toContain('Queue by hour');
    expect(await page('?system=sparc-linux')).toContain('Nothing was queued in the last 24 hours.');
  });

  it.each([
    ['?hours=0', 400, 'hours'],
    ['?hours=721', 400, 'hours'],
    ['?jobset=demo:none', 404, 'jobset'],
    ['?jobset=demo', 400, 'jobset'],
    ['?jobset=demo:main&system=x86_64-linux', 400, 'system'],
  ])('%s is answered by %i that names %s', async (query, status, field) =>
    expect(await api.anonymous.get(`/queue-hours${query}`)).toMatchObject({ status, json: { field } }),
  );
});
