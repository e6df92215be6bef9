import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ListedObject, openBucket } from '#binary-cache';
import { connectDatabase } from '#coordination';
import { buildBackups } from '#read-model';
import { createProgress, randomToken, setEnvironment, sleep, systemClock } from '#runtime';
import type { Config, Logger, ProgressStream } from '#runtime';
import { startFarm } from '../supervisor/farm.js';
import type { Farm } from '../supervisor/farm.js';
import type { LineListener } from '../supervisor/app.js';
import { type ApiClient, signIn } from './client.js';
import { demoJobset, demoProject, prepareDemo } from './environment.js';
import {
  type DemoBuild,
  finishedBuilds,
  isComplete,
  readRelease,
  type ReleaseProgress,
  STATUS_WORDS,
} from './release.js';
import { startDemoS3 } from './s3.js';
import { table } from './table.js';

const BUCKET = 'iolaus-demo';
/** The same in the sources and in dist/, where assets are copied to. */
const EXAMPLES = fileURLToPath(new URL('../../../../examples', import.meta.url));
const SUCCEEDED = [0, 6];

export type DemoOptions = Readonly<{
  config: Config;
  env: NodeJS.ProcessEnv;
  /** Tables and the address go here. */
  out: ProgressStream;
  /** Progress goes here. */
  err: ProgressStream;
  onLine: LineListener;
  logger: Logger;
  signal: AbortSignal;
}>;

const duration = ({ starttime, stoptime }: DemoBuild): string =>
  starttime && stoptime ? `${stoptime - starttime} s` : '';

const buildTable = (builds: readonly DemoBuild[]): string =>
  table(
    ['build', 'job', 'name', 'status', 'time'],
    builds.map((build) => [
      String(build.id),
      build.job,
      build.nixname,
      STATUS_WORDS[build.buildstatus ?? -1] ?? '… queued',
      duration(build),
    ]),
  );

/** Waits until all builds of the newest evaluation are finished, with progress. */
const followRelease = async (api: ApiClient, { err, signal }: DemoOptions): Promise<NonNullable<ReleaseProgress>> => {
  const evaluating = createProgress({ label: 'evaluating', stream: err, clock: systemClock });
  let progress = await readRelease(api, 'demo', 'main');
  while (progress === null) {
    evaluating.update(0);
    await sleep(100, signal);
    signal.throwIfAborted();
    progress = await readRelease(api, 'demo', 'main');
  }
  evaluating.finish(`${progress.wanted} jobs`);
  const building = createProgress({ label: 'building', total: progress.wanted, stream: err, clock: systemClock });
  while (!isComplete(progress)) {
    building.update(finishedBuilds(progress));
    await sleep(100, signal);
    signal.throwIfAborted();
    progress = (await readRelease(api, 'demo', 'main')) ?? progress;
  }
  building.update(progress.wanted);
  building.finish();
  return progress;
};

/** Waits until every build with an output is in the bucket; gives the bucket's objects. */
const followBackup = async (
  builds: readonly DemoBuild[],
  databaseUrl: string,
  endpoint: string,
  options: DemoOptions,
): Promise<ListedObject[]> => {
  const { err, signal } = options;
  const wanted = builds.filter(({ buildstatus }) => SUCCEEDED.includes(buildstatus ?? -1));
  const copying = createProgress({ label: 'backing up', total: wanted.length, stream: err, clock: systemClock });
  const database = connectDatabase({
    connectionString: databaseUrl,
    max: 2,
    onError: (error) => options.logger.warn({ err: error }, 'the database connection was lost'),
  });
  try {
    let done = 0;
    while (done < wanted.length) {
      const copies = await Promise.all(wanted.map(({ id }) => buildBackups(database, id)));
      done = copies.filter((ofBuild) => ofBuild.some(({ status }) => status !== 'requested')).length;
      copying.update(done);
      if (done < wanted.length) await sleep(200, signal);
      signal.throwIfAborted();
    }
  } finally {
    await database.end();
  }
  copying.finish();
  const bucket = await openBucket({ name: BUCKET, endpoint, region: 'us-east-1', forcePathStyle: true });
  try {
    const objects: ListedObject[] = [];
    for await (const batch of bucket.list('')) objects.push(...batch);
    return objects;
  } finally {
    bucket.close();
  }
};

/** Creates project and jobset, pushes, and shows what comes of it. */
const showRelease = async (farm: Farm, password: string, source: string, endpoint: string, options: DemoOptions) => {
  const { out } = options;
  const api = await signIn(farm.url, 'admin', password);
  await api.send('PUT', '/project/demo', demoProject);
  await api.send('PUT', '/jobset/demo/main', demoJobset(source));
  await api.send('POST', '/api/push?jobsets=demo:main', {});
  const { evaluationId, builds } = await followRelease(api, options);
  out.write(`\nEvaluation ${evaluationId} of demo:main\n\n${buildTable(builds)}\n`);
  const objects = await followBackup(builds, farm.databaseUrl, endpoint, options);
  const rows = objects.map(({ key, size }) => [key, String(size)]);
  out.write(`\nThe bucket ${BUCKET} at ${endpoint}\n\n${table(['object', 'bytes'], rows)}\n`);
  out.write(`\nThe dashboard: ${farm.url}/\n  the evaluation: ${farm.url}/eval/${evaluationId}\n`);
  out.write(`  sign in as admin with the password ${password}\n\nCtrl-C stops the farm.\n`);
};

/**
 * A farm of its own in `<data>/demo`, made anew, with an S3 server of its own: takes the example release through it, shows tables and the
 * address, and serves until the signal. Resolves with the exit code.
 */
export const runDemo = async (options: DemoOptions): Promise<number> => {
  const { config, env, logger, onLine, signal, out } = options;
  const dir = join(config.dataDir, 'demo');
  const password = config.adminPassword ?? randomToken(12);
  const s3 = await startDemoS3({ buckets: [BUCKET] });
  // The bucket lives in memory: a log that remembers copies in it would be wrong.
  rmSync(dir, { recursive: true, force: true });
  const bucket = { endpoint: s3.endpoint, bucket: BUCKET, accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey };
  const settings = { dir, port: config.port, password, bucket, compression: 'xz' as const };
  const farmEnv = prepareDemo(settings, EXAMPLES);
  // The listing goes by the SDK's default chain, as the worker does.
  setEnvironment({
    AWS_ACCESS_KEY_ID: s3.accessKey,
    AWS_SECRET_ACCESS_KEY: s3.secretKey,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  let farm: Farm | undefined;
  try {
    out.write(`A farm in ${dir}\n`);
    farm = await startFarm({ env: { ...env, IOLAUS_CONFIG: undefined, ...farmEnv }, logger, onLine, signal });
    if (!(await farm.ready)) throw new Error(`the farm did not become healthy: see ${farm.url}/healthz`);
    await showRelease(farm, password, join(dir, 'source'), s3.endpoint, options);
    const stopping = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    return await Promise.race([farm.ended, stopping.then(() => 0)]);
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  } finally {
    await farm?.stop();
    await s3.stop();
  }
};
