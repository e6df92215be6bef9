import { chmod } from 'node:fs/promises';
import { createLogger } from '#runtime';
import { createRunnerFarm, type RunnerFarm, sh, SYSTEM, until } from '../../testing/runner-farm.js';

describe('the queue runner keeps', () => {
  let farm: RunnerFarm;
  beforeAll(async () => {
    farm = await createRunnerFarm();
  });
  afterAll(async () => {
    await farm.close();
  });

  it('logs and outputs within their limits', async () => {
    const runner = farm.run({ maxLogBytes: 2000, maxOutputBytes: 100_000 });
    const chatty = await farm.drv(sh('chatty', 'while :; do echo 0123456789012345678901234567890123456789; done'));
    const big = await farm.drv(sh('big', 'head -c 200000 /dev/zero > $out'));
    const ids = [await farm.queue(chatty), await farm.queue(big)];
    expect(await farm.finished(ids[0]!)).toMatchObject({ status: 'log-limit-exceeded' });
    expect((await farm.log(chatty)).length).toBeLessThan(4000);
    expect((await farm.attempts(chatty))[1]).toMatchObject({
      data: { log: { truncated: true }, cachesFailure: false },
    });
    expect(await farm.finished(ids[1]!)).toMatchObject({ status: 'nar-size-limit-exceeded' });
    await runner.stop();
  });

  it('trying what is not the step’s own fault, with growing waits, up to the last attempt', async () => {
    const { settings } = farm.nix;
    const script = `#!/bin/sh\n[ -e ${farm.nix.dir}/broken ] && { echo the machine is broken >&2; exit 1; }\nexec ${settings.commands.nixStore} "$@"\n`;
    const nixStore = await farm.nix.write('nix-store.sh', script);
    await chmod(nixStore, 0o755);
    const runner = farm.run({
      attempts: 3,
      retryMs: 40,
      retryFactor: 3,
      nix: { ...settings, commands: { ...settings.commands, nixStore } },
    });
    // A build that is there already needs no slot: only the connection for questions is open when the machine breaks.
    const there = await farm.drv(sh('there', 'echo > $out'));
    await farm.nix.nixStore('--realise', there);
    await farm.finished(await farm.queue(there));
    await farm.nix.write('broken', '');
    const drvPath = await farm.drv(sh('unlucky', 'echo > $out'));
    const id = await farm.queue(drvPath);
    const finished = await farm.finished(id);
    const history = await farm.attempts(drvPath);
    const ends = history
      .filter(({ type }) => type === 'BuildStepCompleted')
      .map(({ data }) => data as never as Record<string, number>);
    expect(finished).toMatchObject({
      status: 'aborted',
      failedStep: { attempt: 3, status: 'aborted' },
      error: expect.stringContaining('the machine is broken'),
    });
    expect(ends.map(({ status }) => status)).toEqual(['aborted', 'aborted', 'aborted']);
    expect(ends.map(({ retryAtMs, stoppedAtMs }) => retryAtMs && retryAtMs - stoppedAtMs!)).toEqual([
      40,
      120,
      undefined,
    ]);
    const starts = history
      .filter(({ type }) => type === 'BuildStepStarted')
      .map(({ data }) => data as never as Record<string, number>);
    expect(starts[1]!.startedAtMs).toBeGreaterThanOrEqual(ends[0]!.retryAtMs!);
    await runner.stop();
  });

  it('the order: a bump first, then priorities', async () => {
    const wait = `while [ ! -e ${farm.nix.dir}/order-go ]; do sleep 0.05; done; echo > $out`;
    const gateDrv = await farm.drv(sh('order-gate', wait));
    const drvs = await Promise.all(
      ['low', 'high', 'bumped'].map((name) => farm.drv(sh(`order-${name}`, 'echo > $out'))),
    );
    const there = await farm.drv(sh('order-there', 'echo > $out'));
    await farm.nix.nixStore('--realise', there);
    const runner = farm.run({ slots: 1 });
    const gate = await farm.queue(gateDrv, { jobsetId: 9 });
    await farm.running(gateDrv);
    const ids: number[] = [];
    for (const [index, priority] of [10, 900, 1].entries()) ids.push(await farm.queue(drvs[index]!, { priority }));
    await farm.order(ids[2]!, 'BumpBuild');
    // What was queued after them is at its end: they and the bump were heard of.
    await farm.finished(await farm.queue(there));
    await farm.nix.write('order-go', '');
    const ends = await Promise.all([gate, ...ids].map((id) => farm.finished(id)));
    const order = ends
      .map(({ buildId, startedAtMs }) => ({ buildId, startedAtMs }))
      .sort((a, b) => a.startedAtMs - b.startedAtMs);
    expect(order.map(({ buildId }) => buildId)).toEqual([gate, ids[2], ids[1], ids[0]]);
    await runner.stop();
  });
});

describe('a large queue', () => {
  let farm: RunnerFarm;
  beforeAll(async () => {
    farm = await createRunnerFarm();
  });
  afterAll(async () => {
    await farm.close();
  });

  it('of 300 steps, flat and in chains, is built whole, each step once', async () => {
    const flat = Array.from({ length: 200 }, (_, i) => sh(`flat${i}`, `echo ${i} > $out`));
    const chain = (i: number): string =>
      Array.from({ length: 9 }).reduce<string>(
        (below, _, depth) => sh(`chain${i}-${depth}`, 'echo > $out', { inputs: [below] }),
        sh(`chain${i}`, 'echo > $out'),
      );
    const drvs = await farm.nix.instantiate(
      `[ ${[...flat, ...Array.from({ length: 10 }, (_, i) => chain(i))].join(' ')} ]`,
    );
    const ids = await Promise.all(drvs.map((drvPath) => farm.queue(drvPath)));
    const runner = farm.run();
    for (const id of ids) expect(await farm.finished(id)).toMatchObject({ status: 'succeeded', isCachedBuild: false });
    await runner.stop();
    const { rows } = await farm.database.pool.query(
      `select type, count(*)::int as count from log.events group by type order by type`,
    );
    expect(Object.fromEntries(rows.map(({ type, count }) => [type, count]))).toEqual({
      BuildQueued: 210,
      BuildFinished: 210,
      BuildStepStarted: 300,
      BuildStepCompleted: 300,
      BuildStepsFound: 210,
      MachineAdded: 1,
      QueueRunnerStarted: 1,
    });
  });

  it('of 5,000 builds begins to be built before all of them are loaded', async () => {
    const drvs = await farm.nix.instantiate(
      `builtins.genList (i: derivation { name = "many\${toString i}"; system = "${SYSTEM}"; builder = "/bin/sh"; PATH = "/usr/bin:/bin"; args = [ "-c" "sleep 60" ]; }) 5000`,
    );
    for (let at = 0; at < drvs.length; at += 500)
      await Promise.all(drvs.slice(at, at + 500).map((drvPath) => farm.queue(drvPath)));
    await farm.project();
    const seen = new Set<string>();
    const write = (line: string): void => {
      const { msg } = JSON.parse(line) as { msg: string };
      seen.add(msg);
    };
    const runner = farm.run({ slots: 1, logger: createLogger({ app: 'test', level: 'debug', write }) });
    await until('all builds to be loaded', async () => (seen.has('builds loaded') ? true : undefined));
    await runner.stop();
    expect([...seen].filter((msg) => /^(step started|builds loaded)$/.test(msg))).toEqual([
      'step started',
      'builds loaded',
    ]);
  });
});
