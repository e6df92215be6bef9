import { clockFrom } from '#runtime';
import { backup, backupStream } from '#domain';
import { commandHandler } from '#event-store';
import { examples } from '../../../../libs/domain/testing/examples.js';
import { startApi, type TestApi } from '../../testing/api.js';
import { caughtUp, simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

const NOW = Date.parse('2026-01-09T12:30:00Z');
const DAY = 86_400_000;
const MIB = 2 ** 20;

describe('insights', () => {
  let api: TestApi;
  const json = async (query = '') => (await api.anonymous.get(`/insights${query}`)).json;
  const page = async (query = '') => (await api.anonymous.page(`/insights${query}`)).text;
  beforeAll(async () => {
    api = await startApi({ clock: clockFrom(() => NOW) });
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
  });
  afterAll(() => api.close());

  it('say of a farm without builds that there are none, and invent no number', async () => {
    expect(await json()).toMatchObject({
      from: Date.parse('2026-01-03T00:00:00Z') / 1000,
      waits: { builds: 0, below50: null, below95: null, buckets: [] },
      slowest: [],
      caches: [],
    });
    const text = await page();
    expect(text).toContain('No build of its own came to an end in these days.');
    expect(text).toContain('Cache hits: no build succeeded in these days.');
    expect(text).not.toContain('Bytes in caches');
  });

  describe('of a farm with builds', () => {
    beforeAll(async () => {
      const took = (minutes: number, mib: number) => ({
        tookMs: minutes * 60_000,
        size: mib * MIB,
        closureSize: 9 * MIB,
      });
      for (let day = 0; day < 4; day++)
        await simulate(api, {
          ...{ project: 'demo', jobset: 'main', evaluationId: 50 + day, firstBuildId: 1000 + day * 10 },
          atMs: NOW - (5 - day) * DAY,
          jobs: [
            { job: 'compiler', status: 'succeeded', measured: took(90 + day, 5) },
            { job: 'image', status: 'succeeded', measured: took(4, 2000) },
            { job: 'shaky', status: day % 2 ? 'failed' : 'succeeded' },
            { job: 'there', status: 'succeeded', measured: { isCachedBuild: true, tookMs: 0 } },
          ],
        });
      const { data } = examples.BackupCompleted;
      const path = { ...data.paths[0]!, fileSize: 3 * MIB, uploaded: true };
      const target = { bucket: 'cache', prefix: '' };
      const { part: _, parts: _parts, ...copied } = { ...data, buildId: 1000, target, paths: [path] };
      const context = { actor: { kind: 'system', id: 's3-backup' }, via: 'test' } as const;
      for (const [index, command] of (
        [
          { type: 'RequestBackup', data: { buildId: 1000, target, compression: 'xz' } },
          {
            type: 'CompleteBackup',
            data: { ...copied, compression: 'xz', startedAtMs: NOW - DAY, stoppedAtMs: NOW - DAY },
          },
        ] as const
      ).entries()) {
        const commandId = `00000000-0000-4000-8000-00000000000${index}`;
        const ids = { commandId, correlationId: commandId, causationId: commandId };
        await commandHandler(api.store, backup)(
          backupStream(1000),
          { ...command, at: new Date(NOW).toISOString() },
          { ...context, ...ids },
        );
      }
      await caughtUp(api);
    });

    it('name the slowest, the largest and the flakiest jobs, each once', async () => {
      const { slowest, largest, flakiest } = await json();
      const named = (all: { job: string; build: number }[]) => all.slice(0, 2).map(({ job, build }) => [job, build]);
      expect(named(slowest)).toEqual([['compiler', 1030], ['image', 1031]]); // prettier-ignore
      expect(slowest[0]).toMatchObject({ duration: 93 * 60, stoptime: (NOW - 2 * DAY + 1000) / 1000 + 93 * 60 });
      expect(named(largest)).toEqual([['image', 1031], ['compiler', 1030]]); // prettier-ignore
      expect(largest[0]).toMatchObject({ outputsize: 2000 * MIB, closuresize: 9 * MIB });
      expect(flakiest).toEqual([{ project: 'demo', jobset: 'main', job: 'shaky', turns: 3, builds: 4, again: 0 }]);
      expect((await json('?days=1')).slowest).toEqual([]);
    });

    it('count cache hits by day, and spread waits and runs', async () => {
      const { days, waits, runs } = await json();
      expect(days.map(({ succeeded, there }: Record<string, number>) => [succeeded, there])).toEqual(
        [[0, 0], [4, 1], [3, 1], [4, 1], [3, 1], [0, 0], [0, 0]], // prettier-ignore
      );
      expect(waits).toEqual({ builds: 12, below50: 2, below95: 2, buckets: [{ below: 2, builds: 12 }] });
      expect(runs).toMatchObject({ builds: 12, below50: 300, below95: 7200 });
    });

    it('add up what stands in all caches', async () => {
      const { caches } = await json();
      expect(caches).toHaveLength(30);
      expect(caches.slice(-3)).toEqual([
        { day: '2026-01-07', bytes: 0 },
        { day: '2026-01-08', bytes: 3 * MIB },
        { day: '2026-01-09', bytes: 3 * MIB },
      ]);
    });

    it('are a page with a sentence for each plot, and the same as numbers', async () => {
      const text = await page();
      expect(text).toContain('Slowest jobs');
      expect(text).toContain('href="/job/demo/main/compiler"');
      expect(text).toContain('3 times in its newest 4 builds');
      expect(text).toContain('half of 12 builds ran less than 5 min, 95 % less than 2 h');
      expect(text).toContain('Cache hit rate 29 %: of 14 builds that succeeded, 4 had their outputs there already');
      expect(text).toContain('7 days, with today: since 2026-01-03 00:00 UTC.');
      expect(text).toContain('Size from 2025-12-11 to 2026-01-09');
    });
  });

  it.each([['?days=0'], ['?days=32'], ['?days=x']])('%s is refused: the field is days', async (query) =>
    expect(await api.anonymous.get(`/insights${query}`)).toMatchObject({ status: 400, json: { field: 'days' } }),
  );
});
