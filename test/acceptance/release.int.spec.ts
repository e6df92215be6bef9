import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { startEventStoreDbProcess, type EventStoreDbProcess } from '../stack/eventstoredb/process.js';
import { checkBucket } from './check-bucket.js';
import { startTestFarm, type TestFarm } from './farm.js';
import { faultsOf, ofType, readHistory } from './history.js';
import { outcomeOf, push } from './outcome.js';
import { until } from './until.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const iolaus = (farm: TestFarm, ...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'bin/iolaus.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...farm.env },
  });

const expected = {
  hello: { status: 0, products: 1, copied: true },
  broken: { status: 1, products: 0, copied: false },
  needsBroken: { status: 2, products: 0, copied: false },
  failedWithOutput: { status: 6, products: 1, copied: true },
  'chain.first': { status: 0, products: 0, copied: true },
  'chain.second': { status: 0, products: 0, copied: true },
  'chain.third': { status: 0, products: 0, copied: true },
  tarball: { status: 0, products: 1, copied: true },
  release: { status: 0, products: 0, copied: true },
};

describe.each(['PostgreSQL', 'EventStoreDB'])('the whole farm with its log in %s', (log) => {
  let farm: TestFarm;
  let esdb: EventStoreDbProcess | undefined;
  const url = (): string | undefined =>
    log === 'EventStoreDB' ? (process.env['IOLAUS_TEST_ESDB_URL'] ?? esdb?.url) : undefined;

  beforeAll(async () => {
    if (log === 'EventStoreDB' && !process.env['IOLAUS_TEST_ESDB_URL']) esdb = await startEventStoreDbProcess();
    const eventStore = url();
    farm = await startTestFarm({
      compression: 'xz',
      ...(eventStore ? { extra: { IOLAUS_EVENTSTORE_URL: eventStore } } : {}),
    });
  }, 120_000);

  afterAll(async () => {
    await farm?.stop();
    await esdb?.stop();
  }, 60_000);

  it('evaluates, builds and backs up the example release', async () => {
    await push(farm, 'main');
    expect(await outcomeOf(farm, 'main')).toEqual(expected);
  }, 120_000);

  it('skips a push that changes nothing, and builds nothing anew when forced', async () => {
    await farm.api.send('POST', '/api/push?jobsets=demo:main', {});
    await until(
      'the skipped evaluation',
      async () => ofType(await readHistory(farm.farm.databaseUrl, url()), 'EvaluationSkipped').length === 1,
    );
    await farm.api.send('POST', '/api/push?jobsets=demo:main&force=1', {});
    const [, again] = await until('the forced evaluation', async () => {
      const ran = ofType(await readHistory(farm.farm.databaseUrl, url()), 'EvaluationRan');
      return ran.length === 2 && ran;
    });
    expect(again).toMatchObject({ jobs: 9, newBuilds: 0, hasNewBuilds: false });
  }, 60_000);

  it('comes through the death of its worker', async () => {
    await push(farm, 'second');
    process.kill(farm.farm.pids()['worker']!, 'SIGKILL');
    expect(await outcomeOf(farm, 'second')).toEqual(expected);
  }, 120_000);

  it('wrote each fact once, with its whole envelope', async () => {
    const history = await readHistory(farm.farm.databaseUrl, url());
    expect(faultsOf(history)).toEqual([]);
    const [triggered] = ofType(history, 'EvaluationTriggered');
    expect(triggered).toMatchObject({ project: 'demo', name: 'main' });
    // From the push to the last copy everything bears the push's correlation id.
    const push = history.find(({ type }) => type === 'EvaluationTriggered')!;
    const caused = history.filter(({ metadata }) => metadata.correlationId === push.metadata.correlationId);
    expect(new Set(caused.map(({ type }) => type))).toEqual(
      new Set([
        'EvaluationTriggered',
        'EvaluationStarted',
        'EvaluationJobsFound',
        'EvaluationRan',
        'BuildQueued',
        'BuildStepsFound',
        'BuildStepStarted',
        'BuildStepCompleted',
        'BuildFinished',
        'BackupRequested',
        'BackupCompleted',
      ]),
    );
  });

  it('put nothing wrong into the bucket', async () => {
    const { wrong, paths } = await checkBucket(farm.s3, farm.bucket);
    expect(wrong).toEqual([]);
    expect(paths).toHaveLength(14);
  }, 60_000);

  it('gives the log away as lines of JSON', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'iolaus-export-'));
    try {
      const { status, stderr } = iolaus(farm, 'log', 'export', join(folder, 'events.jsonl'));
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      const lines = readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n');
      const history = await readHistory(farm.farm.databaseUrl, url());
      expect(lines.map((line) => JSON.parse(line).id)).toEqual(expect.arrayContaining(history.map(({ id }) => id)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);

  it('has read models that a rebuild from the log leaves as they are', async () => {
    const pages = [
      '/',
      '/project/demo',
      '/jobset/demo/main',
      '/jobset/demo/main/evals',
      '/queue',
      '/build/1',
      '/build/2',
      '/api/latestbuilds?nr=100',
    ];
    const read = () => Promise.all(pages.map((page) => farm.api.get(page, z.unknown())));
    // The newest facts of the test before this one may still be on their way.
    const before = await until('quiet read models', async () => {
      const one = await read();
      await wait(500);
      return isDeepStrictEqual(one, await read()) && one;
    });
    const { status, stderr } = iolaus(farm, 'projections', 'rebuild');
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(await read()).toEqual(before);
  }, 60_000);
});
