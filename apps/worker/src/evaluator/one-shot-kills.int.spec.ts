import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createEvaluatorFarm, type EvaluatorFarm, PRELUDE } from '../../testing/evaluator-farm.js';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const PUSHES = 10;
/** Milliseconds after the evaluation has started; it takes about 700 in all, so that the last ones come after it. */
const KILLED_AFTER_MS = [0, 40, 80, 150, 250, 400, 600, 900];

/**
 * A release is evaluated with `officialRelease = true` exactly once, or there are two releases of one name.
 * So whatever is done to the worker, a one-shot jobset has one EvaluationRan, and is disabled in its append.
 */
describe('a one-shot jobset whose worker is killed while ten pushes come at once', () => {
  let farm: EvaluatorFarm;
  let worker: ChildProcess | undefined;
  beforeAll(async () => {
    farm = await createEvaluatorFarm();
  });
  afterAll(async () => {
    worker?.kill('SIGKILL');
    await farm.close();
  });

  const startWorker = (): ChildProcess =>
    spawn(process.execPath, [join(root, 'dist/apps/worker/src/main.js'), '--duties', 'evaluator,queue-builds'], {
      env: {
        ...farm.nix.settings.env,
        IOLAUS_DATA_DIR: join(farm.nix.dir, 'data'),
        IOLAUS_DATABASE_URL: farm.database.url,
      },
      stdio: 'ignore',
    });
  const kill = async (child: ChildProcess): Promise<void> => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  const types = async (name: string): Promise<string[]> => (await farm.events(name)).map(({ type }) => type);
  const until = async (what: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 3000; i += 1, await wait(20)) if (await what()) return;
    throw new Error('it did not come about in a minute');
  };
  const jobs = (name: string): string =>
    `let ${PRELUDE} work = builtins.foldl' (s: x: s + x) 0 (builtins.genList (x: x) 20000); in
     builtins.listToAttrs (builtins.genList (n: { name = "j\${toString n}"; value = builtins.seq (work + n) (job "${name}-\${toString n}"); }) 60)`;

  it.each(KILLED_AFTER_MS)(
    'is evaluated once: killed after %d ms',
    async (afterMs) => {
      const name = `release-${afterMs}`;
      await farm.jobset(name, jobs(name), { mode: 'one-shot' });
      worker ??= startWorker();
      const push = () =>
        Promise.all(Array.from({ length: PUSHES }, (_, nr) => farm.trigger(name, nr % 2 === 0).catch(() => undefined)));
      await push();
      await until(async () => (await types(name)).includes('EvaluationStarted'));
      await Promise.all([push(), wait(afterMs)]);
      await kill(worker);
      worker = startWorker();
      await until(async () => (await types(name)).includes('EvaluationRan'));
      // What was pushed for and is still waiting would be evaluated now.
      await wait(300);
      const events = await farm.events(name);
      const ran = events.filter(({ type }) => type === 'EvaluationRan');
      expect(ran).toHaveLength(1);
      expect(events.find(({ revision }) => revision === ran[0]!.revision + 1)).toMatchObject({
        type: 'JobsetDisabled',
      });
      expect(events.at(-1)!.type).toBe('JobsetDisabled');
      const evaluationId = (ran[0]!.data as { evaluationId: number }).evaluationId;
      for (const { buildId } of await farm.jobs(evaluationId)) expect(await farm.build(buildId)).toHaveLength(1);
    },
    90_000,
  );
});
