/**
 * The most used pages and reads over a read model of 20,000 and of 1,000,000 builds: first answer, median and p99 in ms, and
 * how they grow with the number of builds. `npm run bench -- pages [BUILDS] [REQUESTS] [SMALL] [PAGES]`: SMALL builds to compare with,
 * only PAGES whose name holds this text. From 200,000 on a jobset has as many evaluations as any page shows, so that what grows from there
 * grows with the number of builds alone.
 */
import { pathToFileURL } from 'node:url';
import { connectDatabase } from '#coordination';
import { prepareReadModel } from '#read-model';
import { clockFrom } from '#runtime';
import { startApi } from '../apps/api/testing/api.js';
import { joining, leaving } from '../libs/read-model/src/builds/flow.js';
import { startPostgres } from '../test/stack/postgres.js';

/** Two evaluations of each jobset: one that is finished, one that is not. */
const SMALL = 20_000;
const JOBSETS = 20;
/** Jobs of an evaluation; one with 500 of them is what people look at most. */
const JOBS = 500;

/** A farm with a past, written as the projector would have: `builds` in all, the newest evaluation of each jobset half built. */
const FARM = `
insert into read_model.projects (id, name, revision, display_name, description, homepage, owner, enabled, hidden,
    enable_dynamic_run_command, deleted)
  select p, 'p' || p, 0, 'Project ' || p, 'd', '', 'u1', true, false, false, false from generate_series(1, 4) p;
insert into read_model.jobsets (id, project, name, revision, description, mode, hidden, source, check_interval, shares,
    keep_evaluations, enable_email, email_override, enable_dynamic_run_command, inputs, last_evaluation_id,
    baseline_evaluation_id, position, deleted)
  select j, 'p' || (1 + j % 4), 'j' || j, 0, 'd', 'enabled', false, '{"type":"expression","input":"src","path":"release.nix"}',
    300, 100, 3, false, '', false, '{}', (EVALS - 1) * JOBSETS + j, (EVALS - 1) * JOBSETS + j, 1, false
  from generate_series(1, JOBSETS) j;
insert into read_model.evaluations (id, jobset_id, status, cause, force, started_at_ms, finished_at_ms, hash, inputs, expression,
    jobs, new_builds, has_new_builds, checkout_ms, evaluation_ms, members_of, succeeded, failed)
  select e * JOBSETS + j, j, 'ran', 'poll', false, 1700000000000 + e * 3600000::bigint, 1700000000000 + e * 3600000::bigint, 'h',
    '[]', '{"input":"src","path":"release.nix"}', JOBS, JOBS, true, 100, 1000, e * JOBSETS + j,
    case when e = EVALS - 1 then JOBS / 2 else JOBS end - JOBS / 10, JOBS / 10
  from generate_series(0, EVALS - 1) e, generate_series(1, JOBSETS) j;
insert into read_model.builds (id, evaluation_id, jobset_id, job, drv_path, nix_name, system, description, license, homepage,
    maintainers, max_silent, timeout, is_channel, priority, queued_at_ms, waiting_since_ms, status, started_at_ms, stopped_at_ms)
  select (e * JOBSETS + j - 1) * JOBS + n, e * JOBSETS + j, j, 'job' || n || '.x86_64-linux',
    '/nix/store/' || md5(((e * JOBSETS + j) * JOBS + n)::text) || '-job' || n || '.drv', 'job' || n || '-1.0', 'x86_64-linux', '', '', '',
    '[]', 3600, 36000, false, 100, 1700000000000 + e * 3600000::bigint, 1700000000000 + e * 3600000::bigint,
    case when e = EVALS - 1 and n % 2 = 0 then null when n % 10 = 1 then 'failed' else 'succeeded' end,
    1700000001000 + e * 3600000::bigint, 1700000002000 + e * 3600000::bigint
  from generate_series(0, EVALS - 1) e, generate_series(1, JOBSETS) j, generate_series(1, JOBS) n;
insert into read_model.build_outputs select id, 'out', '/nix/store/' || md5(id::text) || '-' || nix_name from read_model.builds;
insert into read_model.steps (build_id, nr, drv_path, attempt, system, machine, slot, status, started_at_ms, stopped_at_ms, jobset_ids,
    log_key)
  select id, 1, drv_path, 1, system, 'localhost', 0, status, started_at_ms, stopped_at_ms, array[jobset_id], null
  from read_model.builds where status is not null;
insert into read_model.evaluation_jobs select evaluation_id, job, id, true from read_model.builds;
insert into read_model.evaluation_counts select jobset_id, count(*) from read_model.evaluations group by 1;
insert into read_model.queue_summary select jobset_id, system, count(*) from read_model.builds where status is null group by 1, 2;
insert into read_model.job_maintainers
  select distinct on (jobset_id, job) jobset_id, job, id, '[]'::jsonb from read_model.builds order by jobset_id, job, id desc;
insert into read_model.build_totals select status, count(*) from read_model.builds where status is not null group by 1;
insert into read_model.build_hours
  select stopped_at_ms - stopped_at_ms % 3600000, status, count(*), count(*) from read_model.builds where status is not null
  group by 1, 2;
set local search_path = read_model;
with ${joining('builds', 'queued_at_ms')} select;
with finished as (select * from builds where status is not null), ${leaving('finished')} select;
insert into log_hours select 1700000000000 - 1700000000000 % 3600000 + h * 3600000::bigint, type, 500
  from generate_series(0, EVALS) h, unnest(array['BuildQueued', 'BuildStepStarted', 'BuildStepCompleted', 'BuildFinished']) type;
analyze;
`;

/** Pages of the last days, asked for at the end of the farm's past: now it would be empty days that they cost. */
const AT_ITS_END = ['queue', 'queue of a jobset', 'queue-hours JSON', 'insights', 'insights of 31 days', 'system'];

const pages = (builds: number): Readonly<Record<string, string>> => {
  const newest = builds / JOBS;
  const build = builds - JOBS + 1;
  return {
    overview: '/',
    project: '/project/p1',
    jobset: '/jobset/p1/j4',
    'jobs of a jobset': '/jobset/p1/j4/jobs',
    evaluation: `/eval/${newest}`,
    build: `/build/${build}`,
    job: '/job/p1/j4/job7.x86_64-linux',
    'job charts': '/job/p1/j4/job7.x86_64-linux/charts',
    'job all, in the middle': `/job/p1/j4/job7.x86_64-linux/all?before=${builds / 2}`,
    'jobset all, in the middle': `/jobset/p1/j4/all?before=${builds / 2}`,
    'project all': '/project/p1/all',
    'project latest-for, then its build, JSON': '/project/p1/latest-for/x86_64-linux',
    'project latest-finished, then its build, JSON': '/project/p1/latest-finished',
    step: `/build/${build}/step/1`,
    steps: '/steps',
    'steps, an older page': `/steps?before=1700003601000-${build}-1`,
    'all builds': '/all',
    'all builds, an older page': `/all?before=${build}`,
    queue: '/queue',
    'queue of a jobset': '/queue?jobset=p1:j4',
    'queue-hours JSON': '/queue-hours?hours=720',
    insights: '/insights',
    'insights of 31 days': '/insights?days=31',
    system: '/system',
    machines: '/machines',
    search: '/search?query=job7',
    'jobset JSON': '/api/jobsets?project=p1',
    'evals JSON': '/jobset/p1/j4/evals',
    'latestbuilds JSON': '/api/latestbuilds?nr=20&project=p1&jobset=j4',
    'build JSON': `/build/${build}`,
    'nrbuilds JSON': '/api/nrbuilds?nr=10000&period=day',
  };
};

type Figures = Readonly<{ first: number; median: number; p99: number }>;

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;

/** A farm of so many builds behind an API of its own. */
const openFarm = async (builds: number) => {
  const postgres = await startPostgres();
  const database = connectDatabase({ connectionString: postgres.url, onError: () => undefined });
  await prepareReadModel(database);
  const evals = builds / JOBS / JOBSETS;
  await database.query(
    FARM.replaceAll('JOBSETS', String(JOBSETS)).replaceAll('JOBS', String(JOBS)).replaceAll('EVALS', String(evals)),
  );
  await database.end();
  const api = await startApi({ database: { url: postgres.url, drop: () => postgres.stop() } });
  const end = 1_700_000_000_000 + evals * 3_600_000 - 1;
  const then = await startApi({
    database: { url: postgres.url, drop: () => Promise.resolve() },
    clock: clockFrom(() => end),
  });
  const paths = pages(builds);
  /** Milliseconds until the whole answer is there. */
  const time = async (name: string): Promise<number> => {
    const begun = performance.now();
    const accept = name.endsWith('JSON') ? 'application/json' : 'text/html';
    const { url } = AT_ITS_END.includes(name) ? then : api;
    const reply = await fetch(`${url}${paths[name]!}`, { headers: { accept } });
    await reply.text();
    if (reply.status !== 200) throw new Error(`${paths[name]} answers ${reply.status}`);
    return performance.now() - begun;
  };
  const close = async (): Promise<void> => {
    await then.close();
    await api.close();
  };
  return { names: Object.keys(paths), time, close };
};

const figuresOf = ([first, ...rest]: readonly number[]): Figures => {
  const sorted = rest.sort((a, b) => a - b);
  return { first: first!, median: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
};

const main = async (): Promise<void> => {
  const [builds = 1_000_000, requests = 300, fewer = SMALL] = process.argv.slice(2, 5).map(Number);
  const small = await openFarm(fewer);
  const large = await openFarm(builds);
  const ms = (value: number): string => value.toFixed(1);
  process.stdout.write(
    `| page | first, ${builds} builds | median | p99 | p99, ${fewer} builds | median, ratio |\n| --- | --- | --- | --- | --- | --- |\n`,
  );
  for (const name of large.names.filter((name) => name.includes(process.argv[5] ?? ''))) {
    const times: Record<'before' | 'now', number[]> = { before: [], now: [] };
    // In turns: whatever else the machine does meets both.
    for (let i = 0; i < requests; i++) {
      times.before.push(await small.time(name));
      times.now.push(await large.time(name));
    }
    const [before, now] = [figuresOf(times.before), figuresOf(times.now)];
    const ratio = (now.median / before.median).toFixed(2);
    process.stdout.write(
      `| ${name} | ${ms(now.first)} ms | ${ms(now.median)} ms | ${ms(now.p99)} ms | ${ms(before.p99)} ms | ${ratio} |\n`,
    );
  }
  await small.close();
  await large.close();
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
