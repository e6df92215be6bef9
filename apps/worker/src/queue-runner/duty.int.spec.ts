import { connectDatabase } from '#coordination';
import { loadConfig, silentLogger, systemClock } from '#runtime';
import { createRunnerFarm, type RunnerFarm, sh, until } from '../../testing/runner-farm.js';
import { queueRunner } from './index.js';

describe('of two workers with the duty', () => {
  let farm: RunnerFarm;
  beforeAll(async () => {
    farm = await createRunnerFarm();
  });
  afterAll(async () => {
    await farm.close();
  });

  it('one builds; when it loses the lead the other takes over, the step runs anew, and the first stands by', async () => {
    const file = await farm.nix.write(
      'iolaus.toml',
      '[nix]\nstore_dir = "store"\nstate_dir = "state"\nlog_dir = "log"\noptions = { sandbox = false, build-users-group = "" }\n',
    );
    const config = loadConfig({ IOLAUS_DATA_DIR: `${farm.nix.dir}/data`, IOLAUS_CONFIG: file, IOLAUS_SLOTS: '1' });
    const stop = new AbortController();
    const workers = ['first', 'second'].map((name) => {
      const url = new URL(farm.database.url);
      url.searchParams.set('application_name', name);
      const database = connectDatabase({ connectionString: url.href, onError: () => undefined });
      const context = { store: farm.store, database, config, clock: systemClock, logger: silentLogger() };
      const done = queueRunner.run(context, stop.signal).finally(() => database.end());
      done.catch(() => undefined); // awaited below
      return done;
    });
    const leader = async (): Promise<{ pid: number; name: string } | undefined> => {
      const { rows } = await farm.database.pool.query(
        `select a.pid, a.application_name as name from pg_locks l join pg_stat_activity a using (pid)
         where l.locktype = 'advisory' and l.granted and l.classid = 1227442293 and a.datname = current_database()`,
      );
      return rows[0] as { pid: number; name: string } | undefined;
    };

    const drvPath = await farm.drv(sh('led', `while [ ! -e ${farm.nix.dir}/go ]; do sleep 0.05; done; echo > $out`));
    const id = await farm.queue(drvPath);
    await farm.running(drvPath);
    const before = await until('a leader', leader);
    await farm.database.pool.query('select pg_terminate_backend($1)', [before.pid]);
    await farm.running(drvPath, 2);
    expect((await until('another leader', leader)).name).not.toBe(before.name);
    await farm.nix.write('go', '');
    expect(await farm.finished(id)).toMatchObject({ status: 'succeeded', isCachedBuild: false });
    stop.abort();
    await Promise.all(workers);
    const ends = (await farm.attempts(drvPath))
      .filter(({ type }) => type === 'BuildStepCompleted')
      .map(({ data }) => data);
    expect(ends).toMatchObject([
      { attempt: 1, status: 'aborted', interrupted: true },
      { attempt: 2, status: 'succeeded' },
    ]);
    expect((await farm.events(id)).map(({ type }) => type)).toEqual(['BuildQueued', 'BuildFinished']);
  });
});
