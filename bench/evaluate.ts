/**
 * Evaluating N trivial jobs: a jobset through the evaluator (path input fetched, every job isolated, recorded in the log in
 * chunks, rooted, compared with the evaluation before) against one bare `nix-instantiate` of the same file. Pairs, taken in turns,
 * every run with derivations that are new to the store; medians. `npm run bench -- evaluate [ROUNDS]`
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createEvaluatorFarm, type EvaluatorFarm, PRELUDE } from '../apps/worker/testing/evaluator-farm.js';
import { startPostgres } from '../test/stack/postgres.js';

const SIZES = [2_000, 20_000];
const rounds = Number(process.argv[2] ?? 3);

const release = (name: string, jobs: number): string =>
  `let ${PRELUDE} in builtins.listToAttrs (builtins.genList (n: { name = "job\${toString n}"; value = job "${name}-\${toString n}"; }) ${jobs})\n`;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

const bare = async (farm: EvaluatorFarm, name: string, jobs: number): Promise<number> => {
  const file = join(await farm.files(name, { 'release.nix': release(name, jobs) }), 'release.nix');
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync('nix-instantiate', ['--option', 'substituters', '', file], {
    env: farm.nix.settings.env,
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  const took = performance.now() - began;
  if (status !== 0) throw new Error(`nix-instantiate ended with ${status}: ${stderr.slice(-500)}`);
  const found = stdout.trim().split('\n').length;
  if (found !== jobs) throw new Error(`nix-instantiate found ${found} jobs`);
  return took;
};

const ours = async (farm: EvaluatorFarm, name: string, jobs: number): Promise<number> => {
  await farm.jobset(name, release(name, jobs));
  const began = performance.now();
  await farm.trigger(name);
  const ran = await farm.ended(name, 1, 300_000);
  const took = performance.now() - began;
  if (ran.type !== 'EvaluationRan' || ran.data.jobs !== jobs)
    throw new Error(`not the evaluation that was meant: ${JSON.stringify(ran.data)}`);
  return took;
};

const postgres = await startPostgres({ fsync: true });
process.env['IOLAUS_TEST_DATABASE_URL'] = postgres.url;
const farm = await createEvaluatorFarm();
farm.evaluator({ maxMemoryMb: 4096, timeoutMs: 600_000 });
try {
  await ours(farm, 'warm-up', 100);
  process.stdout.write(
    '| jobs | bare nix-instantiate, s | evaluator, s | evaluator, jobs/s | times |\n| --- | --- | --- | --- | --- |\n',
  );
  for (const jobs of SIZES) {
    const times: { bare: number; ours: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const first = round % 2 === 0 ? await bare(farm, `bare-${jobs}-${round}`, jobs) : undefined;
      const mine = await ours(farm, `ours-${jobs}-${round}`, jobs);
      times.push({ bare: first ?? (await bare(farm, `bare-${jobs}-${round}`, jobs)), ours: mine });
      process.stderr.write(
        `${jobs} jobs, round ${round + 1}/${rounds}: bare ${Math.round(times[round]!.bare)} ms, evaluator ${Math.round(mine)} ms\n`,
      );
    }
    const [base, took] = [median(times.map((time) => time.bare)), median(times.map((time) => time.ours))];
    const ratio = median(times.map((time) => time.ours / time.bare));
    process.stdout.write(
      `| ${jobs} | ${(base / 1000).toFixed(2)} | ${(took / 1000).toFixed(2)} | ${Math.round((jobs * 1000) / took)} | ${ratio.toFixed(2)} |\n`,
    );
  }
} finally {
  await farm.close();
  await postgres.stop();
}
