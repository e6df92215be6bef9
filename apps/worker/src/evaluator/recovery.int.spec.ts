import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createEvaluatorFarm, type EvaluatorFarm, PRELUDE } from '../../testing/evaluator-farm.js';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const JOBS = 600;

/** The worker as it is run in production. */
const startWorker = (farm: EvaluatorFarm, lines: string[]): ChildProcess => {
  const child = spawn(
    process.execPath,
    [join(root, 'dist/apps/worker/src/main.js'), '--duties', 'evaluator,queue-builds'],
    {
      env: {
        ...farm.nix.settings.env,
        IOLAUS_DATA_DIR: join(farm.nix.dir, 'data'),
        IOLAUS_DATABASE_URL: farm.database.url,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => lines.push(data.toString()));
  return child;
};
const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code)));

describe('a worker that ends in the middle of an evaluation', () => {
  let farm: EvaluatorFarm;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    farm = await createEvaluatorFarm();
  });
  afterAll(async () => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await farm.close();
  });

  const start = (lines: string[] = []): ChildProcess => {
    const child = startWorker(farm, lines);
    children.push(child);
    return child;
  };
  /** Each job takes its time, so that there is a middle. */
  const slow = (name: string): string =>
    `let ${PRELUDE} work = builtins.foldl' (s: x: s + x) 0 (builtins.genList (x: x) 20000); in
     builtins.listToAttrs (builtins.genList (n: { name = "j\${toString n}"; value = builtins.seq (work + n) (job "${name}-\${toString n}"); }) ${JOBS})`;
  const untilFound = async (name: string): Promise<void> => {
    for (let i = 0; i < 600; i++, await wait(25)) {
      const started = (await farm.events(name)).find((event) => event.type === 'EvaluationStarted');
      if (started?.type === 'EvaluationStarted' && (await farm.jobs(started.data.evaluationId)).length > 0) return;
    }
    throw new Error(`no job of ${name} was found`);
  };
  const whole = async (name: string): Promise<void> => {
    const failed = await farm.ended(name, 1, 60_000);
    expect(failed).toMatchObject({ type: 'EvaluationFailed', data: { kind: 'interrupted' } });
    const ran = await farm.ended(name, 2, 60_000);
    expect(ran).toMatchObject({ type: 'EvaluationRan', data: { jobs: JOBS, newBuilds: JOBS } });
    expect(ran.metadata.correlationId).toBe(failed.metadata.correlationId);
    const jobs = await farm.jobs(ran.data.evaluationId);
    expect(new Set(jobs.map(({ job }) => job)).size).toBe(JOBS);
    for (const { buildId } of jobs) expect(await farm.build(buildId)).toHaveLength(1);
    await wait(500);
    expect((await farm.events(name)).filter(({ type }) => type === 'EvaluationRan')).toHaveLength(1);
  };

  it('by kill -9: the next one evaluates it anew, once and whole', async () => {
    await farm.jobset('killed', slow('killed'));
    const first = start();
    await farm.trigger('killed');
    await untilFound('killed');
    first.kill('SIGKILL');
    await exitOf(first);
    start();
    await whole('killed');
    const queued = new Set<number>();
    for await (const events of farm.store.readAll({ types: ['BuildQueued'] }))
      for (const { data } of events) queued.add((data as { buildId: number }).buildId);
    expect(queued.size).toBe(JOBS);
    children.at(-1)!.kill('SIGTERM');
    expect(await exitOf(children.at(-1)!)).toBe(0);
  }, 120_000);

  it('in good order: it says so itself, before it is gone', async () => {
    await farm.jobset('stopped', slow('stopped'));
    const lines: string[] = [];
    const first = start(lines);
    await farm.trigger('stopped');
    await untilFound('stopped');
    first.kill('SIGTERM');
    expect(await exitOf(first)).toBe(0);
    expect((await farm.events('stopped')).at(-1)).toMatchObject({
      type: 'EvaluationFailed',
      data: { kind: 'interrupted' },
    });
    expect(lines.join('')).toContain('"shut down"');
    start();
    await whole('stopped');
  }, 120_000);

  it('with its supervisor: it ends too', async () => {
    const child = start();
    await wait(1500);
    child.disconnect();
    expect(await exitOf(child)).toBe(0);
  });

  it('when it cannot lead any more: the other one takes over', async () => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await farm.jobset('deposed', slow('deposed'));
    start();
    start();
    await farm.trigger('deposed');
    await untilFound('deposed');
    // Cuts the session that holds the lead; the pool's other connections live.
    await farm.database.pool.query(
      `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
       where l.locktype = 'advisory' and l.granted and d.datname = current_database() and l.objid = (hashtext('evaluator')::bigint & 4294967295)::oid`,
    );
    await whole('deposed');
  }, 120_000);
});
