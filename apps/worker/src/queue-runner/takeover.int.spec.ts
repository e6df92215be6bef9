import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRunnerFarm, type RunnerFarm, sh, until } from '../../testing/runner-farm.js';

const WORKER = resolve(fileURLToPath(import.meta.url), '../../../../../dist/apps/worker/src/main.js');
const TOML =
  '[nix]\nstore_dir = "store"\nstate_dir = "state"\nlog_dir = "log"\noptions = { sandbox = false, build-users-group = "" }\n';

describe('of two worker processes', () => {
  let farm: RunnerFarm;
  let workers: ChildProcess[] = [];
  beforeAll(async () => {
    if (!existsSync(WORKER)) throw new Error(`${WORKER} is not there: run "npm run build" first`);
    farm = await createRunnerFarm();
  });
  afterAll(async () => {
    const gone = workers.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(
      gone.map((worker) => {
        worker.kill('SIGTERM');
        return new Promise((done) => worker.once('exit', done));
      }),
    );
    await farm.close();
  });

  const start = (name: string, config: string): ChildProcess => {
    const url = new URL(farm.database.url);
    url.searchParams.set('application_name', name);
    const env = {
      ...farm.nix.settings.env,
      IOLAUS_DATA_DIR: `${farm.nix.dir}/data`,
      IOLAUS_CONFIG: config,
      IOLAUS_DATABASE_URL: url.href,
      IOLAUS_SLOTS: '2',
    };
    return fork(WORKER, ['--duties', 'queue-runner'], { env, execArgv: [], stdio: 'ignore' });
  };
  const leaders = async (): Promise<string[]> => {
    const { rows } = await farm.database.pool.query(
      `select a.application_name as name from pg_locks l join pg_stat_activity a using (pid)
       where l.locktype = 'advisory' and l.granted and l.classid = 1227442293 and a.datname = current_database()`,
    );
    return (rows as { name: string }[]).map(({ name }) => name);
  };

  it('one takes over after kill -9 of the other, no step runs twice at once, and no slot holds two', async () => {
    const config = await farm.nix.write('iolaus.toml', TOML);
    workers = ['0', '1'].map((name) => start(name, config));
    const gate = await farm.drv(sh('taken', `while [ ! -e ${farm.nix.dir}/go ]; do sleep 0.05; done; echo > $out`));
    const others = await Promise.all(
      Array.from({ length: 12 }, (_, at) => farm.drv(sh(`beside${at}`, 'sleep 0.2; echo > $out'))),
    );
    const ids = [];
    for (const drvPath of [gate, ...others]) ids.push(await farm.queue(drvPath));
    await farm.running(gate);
    await until('an end', async () => ((await farm.logged('BuildStepCompleted')).length > 1 ? true : undefined));
    const [leader] = await leaders();
    workers[Number(leader)]!.kill('SIGKILL');
    await farm.running(gate, 2);
    expect(await leaders()).toEqual([String(1 - Number(leader))]);
    await farm.nix.write('go', '');
    for (const id of ids) expect(await farm.finished(id)).toMatchObject({ status: 'succeeded' });

    const ends = (await farm.logged('BuildStepCompleted')).map(({ data }) => data);
    const starts = (await farm.logged('BuildStepStarted')).map(({ data }) => data);
    expect(ends).toHaveLength(starts.length);
    const spans = starts.map(({ drvPath, attempt, slot, startedAtMs }) => {
      const end = ends.find((each) => each.drvPath === drvPath && each.attempt === attempt)!;
      return { drvPath, slot, from: startedAtMs, to: end.stoppedAtMs };
    });
    type Span = (typeof spans)[number];
    const sorts: readonly ((span: Span) => number | string)[] = [({ slot }) => slot, ({ drvPath }) => drvPath];
    for (const by of sorts)
      for (const key of new Set(spans.map((span) => by(span)))) {
        const own = spans.filter((span) => by(span) === key).sort((one, other) => one.from - other.from);
        own.slice(1).forEach((span, index) => expect(span.from).toBeGreaterThanOrEqual(own[index]!.to));
      }
    expect(ends.filter(({ interrupted }) => interrupted).length).toBeLessThanOrEqual(2);
    expect((await farm.replayed()).drifts).toEqual([]);
  }, 60_000);
});
