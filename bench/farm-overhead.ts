/**
 * What the farm costs over Nix itself: 300 trivial derivations (200 flat, 10 chains of 10) through Iolaus, from the first
 * `BuildQueued` to the last `BuildFinished`, against `nix-build -j2` of the same graph and against `nix-store --realise -j2` of
 * it where it is instantiated already, as it is for us. PostgreSQL with fsync on, Nix with its own fsync, the projector as a
 * process of its own, two slots, new derivations in every round, in turns; medians. `npm run bench -- farm-overhead [ROUNDS]`
 */
import { fork, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { optionArgs } from '#nix';
import { createRunnerFarm, type RunnerFarm, SYSTEM } from '../apps/worker/testing/runner-farm.js';
import { startPostgres } from '../test/stack/postgres.js';

const [FLAT, CHAINS, LENGTH, SLOTS] = [200, 10, 10, 2];

/** The graph as a list of its tops. */
const graph = (name: string): string => `
  let mk = id: inputs: derivation { name = "${name}-\${id}"; system = "${SYSTEM}"; builder = "/bin/sh"; inherit inputs;
        args = [ "-c" "echo building \${id}; echo \${id} > $out" ]; };
      chain = id: n: mk "c\${toString id}-\${toString n}" (if n == 0 then [ ] else [ (chain id (n - 1)) ]);
  in builtins.genList (i: mk "f\${toString i}" [ ]) ${FLAT} ++ builtins.genList (i: chain i ${LENGTH - 1}) ${CHAINS}`;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

const timed = (farm: RunnerFarm, command: string, args: readonly string[]): number => {
  const { settings } = farm.nix;
  const began = performance.now();
  const { status, stderr } = spawnSync(command, [...optionArgs(settings), '-j', String(SLOTS), ...args], {
    env: settings.env,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr.slice(-500)}`);
  return performance.now() - began;
};

const nixBuild = (farm: RunnerFarm, name: string): number =>
  timed(farm, 'nix-build', ['--no-out-link', '-E', graph(name)]);

const realise = async (farm: RunnerFarm, name: string): Promise<number> =>
  timed(farm, 'nix-store', ['--realise', ...(await farm.nix.instantiate(graph(name)))]);

const ours = async (farm: RunnerFarm, name: string): Promise<number> => {
  const drvs = await farm.nix.instantiate(graph(name));
  const after = await farm.store.head();
  const end = new AbortController();
  let missing = drvs.length;
  const finished = farm.store.subscribe({ after, types: ['BuildFinished'], signal: end.signal }, async ({ events }) => {
    for (const { data } of events) {
      const { status, isCachedBuild } = data as { status: string; isCachedBuild: boolean };
      if (status !== 'succeeded' || isCachedBuild)
        throw new Error(`not the build that was meant: ${JSON.stringify(data)}`);
    }
    missing -= events.length;
    if (missing === 0) end.abort();
  });
  const began = performance.now();
  await Promise.all([finished, ...drvs.map((drvPath) => farm.queue(drvPath))]);
  return performance.now() - began;
};

/** Measures and prints a table. */
export const run = async (rounds = 5): Promise<void> => {
  const postgres = await startPostgres({ fsync: true });
  process.env['IOLAUS_TEST_DATABASE_URL'] = postgres.url;
  const farm = await createRunnerFarm({ options: { 'fsync-metadata': 'true' } });
  const projector = fork(fileURLToPath(new URL('./farm-overhead/projector.js', import.meta.url)), [farm.database.url]);
  const runner = farm.run({ slots: SLOTS });
  try {
    // Warm: first connections, caches, compiled code.
    await ours(farm, 'warm');
    nixBuild(farm, 'warm-nix');
    const times: Record<'ours' | 'nixBuild' | 'realise', number>[] = [];
    for (let round = 0; round < rounds; round++) {
      const first = round % 2 === 0 ? await ours(farm, `a${round}`) : undefined;
      const theirs = nixBuild(farm, `b${round}`);
      const base = await realise(farm, `c${round}`);
      times.push({ ours: first ?? (await ours(farm, `a${round}`)), nixBuild: theirs, realise: base });
      const last = times.at(-1)!;
      const shown = Object.entries(last).map(([who, ms]) => `${who} ${Math.round(ms)} ms`);
      process.stderr.write(`round ${round + 1}/${rounds}: ${shown.join(', ')}\n`);
    }
    const steps = FLAT + CHAINS * LENGTH;
    const of = (who: keyof (typeof times)[number]): number => median(times.map((time) => time[who]));
    process.stdout.write(
      `| ${steps} trivial steps, ${SLOTS} at once | ms | steps/s | Iolaus's time over it |\n| --- | --- | --- | --- |\n`,
    );
    for (const [who, label] of [
      ['ours', 'Iolaus'],
      ['nixBuild', `nix-build -j${SLOTS}`],
      ['realise', `nix-store --realise -j${SLOTS}, instantiated before`],
    ] as const) {
      const ratio = median(times.map((time) => time.ours / time[who]));
      process.stdout.write(
        `| ${label} | ${Math.round(of(who))} | ${Math.round((steps * 1000) / of(who))} | ${ratio.toFixed(2)} |\n`,
      );
    }
  } finally {
    await runner.stop();
    projector.disconnect();
    await new Promise((resolve) => projector.once('exit', resolve));
    await farm.close();
    await postgres.stop();
  }
};

await run(Number(process.argv[2] ?? 5));
