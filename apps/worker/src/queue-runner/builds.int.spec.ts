import { existsSync, readdirSync } from 'node:fs';
import { storePathBaseName } from '#nix';
import { createRunnerFarm, type Running, type RunnerFarm, sh } from '../../testing/runner-farm.js';

describe('the queue runner', () => {
  let farm: RunnerFarm;
  let runner: Running;

  beforeAll(async () => {
    farm = await createRunnerFarm();
    runner = farm.run();
  });
  afterAll(async () => {
    await farm.close();
  });

  it('builds what is queued, keeps its log, roots its output and says who did it and why', async () => {
    const drvPath = await farm.drv(sh('hello', 'echo greetings; echo hi > $out'));
    const id = await farm.queue(drvPath);
    const finished = await farm.finished(id);
    expect(finished).toMatchObject({ status: 'succeeded', isCachedBuild: false, run: 0, size: 120, closureSize: 120 });
    const [started, completed] = await farm.attempts(drvPath);
    expect(started).toMatchObject({
      type: 'BuildStepStarted',
      data: {
        attempt: 1,
        buildId: id,
        jobsetIds: [1],
        machine: 'localhost',
        dispatch: { policy: 'window', jobsetId: 1 },
      },
    });
    expect(completed).toMatchObject({
      type: 'BuildStepCompleted',
      data: { status: 'succeeded', log: { bytes: 10, truncated: false }, cachesFailure: false, interrupted: false },
    });
    const { startedAtMs, stoppedAtMs, charges } = completed!.data as never as Record<string, number>;
    expect(charges).toEqual([{ jobsetId: 1, ms: stoppedAtMs! - startedAtMs! }]);
    expect(finished).toMatchObject({ startedAtMs, stoppedAtMs });
    expect(await farm.log(drvPath)).toBe('greetings\n');
    const [queued] = await farm.events(id);
    expect(finished.metadata).toMatchObject({
      via: 'queue-runner',
      actor: { kind: 'system', id: 'queue-runner' },
      correlationId: queued!.metadata.correlationId,
      causationId: completed!.id,
    });
    expect(started!.metadata).toMatchObject({ causationId: queued!.id, correlationId: queued!.metadata.correlationId });
    const roots = readdirSync(farm.gcRootsDir);
    const output = (await farm.nix.nixStore('--query', '--outputs', drvPath)).trim();
    expect(roots).toContain(storePathBaseName(output));
  });

  it('lets the log be read while the step runs', async () => {
    const gate = `${farm.nix.dir}/gate`;
    const drvPath = await farm.drv(
      sh('live', `echo early; while [ ! -e ${gate} ]; do sleep 0.05; done; echo late > $out`),
    );
    const id = await farm.queue(drvPath);
    await farm.running(drvPath);
    const key = ((await farm.attempts(drvPath))[0]!.data as { logKey: string }).logKey;
    for await (const { chunk } of farm.logs.tail(key)) {
      expect(chunk.toString()).toBe('early\n');
      break;
    }
    expect(await farm.attempts(drvPath)).toHaveLength(1);
    await farm.nix.write('gate', '');
    expect((await farm.finished(id)).status).toBe('succeeded');
  });

  it('fails a build whose builder fails, and at once the next one that wants the same, until the failure is cleared', async () => {
    const flag = `${farm.nix.dir}/healed`;
    const drvPath = await farm.drv(sh('sick', `echo ouch; [ -e ${flag} ] && echo > $out`));
    const first = await farm.queue(drvPath);
    const failed = await farm.finished(first);
    expect(failed).toMatchObject({
      status: 'failed',
      isCachedBuild: false,
      failedStep: { drvPath, status: 'failed', attempt: 1 },
    });
    expect(failed.failedStep).not.toHaveProperty('propagatedFrom');
    const second = await farm.queue(drvPath);
    const dependent = await farm.queue(
      await farm.drv(
        sh('needs-sick', 'echo > $out', { inputs: [sh('sick', `echo ouch; [ -e ${flag} ] && echo > $out`)] }),
      ),
    );
    expect(await farm.finished(second)).toMatchObject({
      status: 'failed',
      isCachedBuild: true,
      failedStep: { drvPath, status: 'cached-failure', attempt: 1, propagatedFrom: first },
    });
    expect(await farm.finished(dependent)).toMatchObject({
      status: 'dependency-failed',
      isCachedBuild: true,
      failedStep: { drvPath },
    });
    expect(await farm.attempts(drvPath)).toHaveLength(2);
    await farm.nix.write('healed', '');
    await farm.clearFailure(drvPath);
    await farm.order(first, 'RestartBuild');
    expect(await farm.finished(first)).toMatchObject({ status: 'succeeded', isCachedBuild: false, run: 1 });
    expect(await farm.log(drvPath, 2)).toBe('ouch\n');
  });

  it('marks an output with nix-support/failed, and lets dependents go on', async () => {
    const half = sh('half', 'mkdir -p $out/nix-support; touch $out/nix-support/failed');
    const id = await farm.queue(await farm.drv(half));
    const above = await farm.queue(await farm.drv(sh('above-half', 'echo > $out', { inputs: [half] })));
    expect(await farm.finished(id)).toMatchObject({ status: 'failed-with-output', isCachedBuild: false });
    expect((await farm.finished(above)).status).toBe('succeeded');
  });

  it('builds a diamond that two jobsets share once each step, and divides its cost', async () => {
    const base = sh('base', 'sleep 0.3; echo > $out');
    const left = sh('left', 'cat $inputs > $out', { inputs: [base] });
    const right = sh('right', 'cat $inputs > $out', { inputs: [base] });
    const drvs = await Promise.all(
      [sh('top', 'cat $inputs > $out', { inputs: [left, right] }), left, base].map(farm.drv),
    );
    const ids = [await farm.queue(drvs[0]!, { jobsetId: 1 }), await farm.queue(drvs[1]!, { jobsetId: 2 })];
    for (const id of ids) expect(await farm.finished(id)).toMatchObject({ status: 'succeeded', isCachedBuild: false });
    for (const drvPath of drvs) expect(await farm.attempts(drvPath)).toHaveLength(2);
    const [, completed] = await farm.attempts(drvs[1]!);
    expect((completed!.data as never as { charges: unknown[] }).charges).toHaveLength(2);
  });

  it('fails what depends on a failed step with the step that broke it', async () => {
    const bad = sh('bad', 'exit 3');
    const [badDrv, topDrv] = [
      await farm.drv(bad),
      await farm.drv(sh('on-bad', 'echo > $out', { inputs: [sh('mid', 'echo > $out', { inputs: [bad] })] })),
    ];
    const top = await farm.queue(topDrv);
    const finished = await farm.finished(top);
    expect(finished).toMatchObject({
      status: 'dependency-failed',
      isCachedBuild: false,
      failedStep: { drvPath: badDrv, status: 'failed', attempt: 1 },
    });
    expect(await farm.attempts(topDrv)).toEqual([]);
  });

  it('finishes at once what is in the store already', async () => {
    const expression = sh('twice', 'mkdir -p $out/nix-support; echo twice-1.0 > $out/nix-support/hydra-release-name');
    const drvPath = await farm.drv(expression);
    const [first, second] = [await farm.queue(drvPath), await farm.queue(drvPath)];
    const built = await farm.finished(first);
    expect(built).toMatchObject({ status: 'succeeded', isCachedBuild: false, releaseName: 'twice-1.0' });
    expect(await farm.finished(second)).toMatchObject({ status: 'succeeded', isCachedBuild: true });
    const third = await farm.finished(await farm.queue(drvPath));
    expect(third).toMatchObject({ ...built, isCachedBuild: true, ...times(third), metadata: {} });
    expect(third.startedAtMs).toBe(third.stoppedAtMs);
    expect(await farm.attempts(drvPath)).toHaveLength(2);
  });

  it('reads products and metrics of the outputs', async () => {
    const drvPath = await farm.drv(
      sh(
        'productive',
        `mkdir -p $out/nix-support; printf 12345 > $out/a.txt
         echo "file txt $out/a.txt" > $out/nix-support/hydra-build-products
         echo "speed 12.5 MB.s-1" > $out/nix-support/hydra-metrics; echo "count 3" >> $out/nix-support/hydra-metrics`,
      ),
    );
    expect(await farm.finished(await farm.queue(drvPath))).toMatchObject({
      products: [
        {
          type: 'file',
          subtype: 'txt',
          name: 'a.txt',
          fileSize: 5,
          sha256: '5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5',
        },
      ],
      metrics: [
        { name: 'speed', value: 12.5, unit: 'MB.s-1' },
        { name: 'count', value: 3, unit: '' },
      ],
    });
  });

  it('stops a build that takes too long, one that is silent too long, and tells their dependents the same', async () => {
    const slow = sh('slow', 'while :; do echo .; sleep 0.1; done');
    const ids = [
      await farm.queue(await farm.drv(slow), { timeout: 1 }),
      await farm.queue(await farm.drv(sh('silent', 'sleep 30')), { maxSilent: 1 }),
      await farm.queue(await farm.drv(sh('on-slow', 'echo > $out', { inputs: [slow] })), { timeout: 1 }),
    ];
    for (const id of ids) expect(await farm.finished(id)).toMatchObject({ status: 'timed-out', isCachedBuild: false });
    expect((await farm.finished(ids[2]!)).failedStep).toMatchObject({ status: 'timed-out', propagatedFrom: ids[0] });
    const again = await farm.queue(await farm.drv(slow), { timeout: 1 });
    expect(await farm.finished(again)).toMatchObject({
      status: 'timed-out',
      isCachedBuild: false,
      failedStep: { attempt: 2 },
    });
  });

  it('aborts a build whose derivation is gone', async () => {
    const id = await farm.queue(`${farm.nix.settings.storeDir}/00000000000000000000000000000000-gone.drv`);
    expect(await farm.finished(id)).toMatchObject({
      status: 'aborted',
      error: expect.stringContaining('garbage-collected'),
    });
  });

  it('finishes as unsupported what no machine can build, and what depends on it', async () => {
    const foreign = sh('foreign', 'echo > $out').replace(/system = "[^"]*"/, 'system = "vax-vms"');
    const picky = sh('picky', 'echo > $out', { more: 'requiredSystemFeatures = [ "warp" ];' });
    const ids = [
      await farm.queue(await farm.drv(foreign)),
      await farm.queue(await farm.drv(picky)),
      await farm.queue(await farm.drv(sh('on-picky', 'echo > $out', { inputs: [picky] }))),
    ];
    for (const id of ids)
      expect(await farm.finished(id)).toMatchObject({
        status: 'unsupported',
        error: expect.stringContaining('unsupported'),
      });
  });

  it('cancels a running build, ends its builder, and remembers no failure', async () => {
    const mark = `${farm.nix.dir}/pid`;
    const drvPath = await farm.drv(sh('endless', `echo $$ > ${mark}; echo up; while :; do sleep 0.1; done`));
    const id = await farm.queue(drvPath);
    await farm.running(drvPath);
    const key = ((await farm.attempts(drvPath))[0]!.data as { logKey: string }).logKey;
    for await (const piece of farm.logs.tail(key)) if (piece.chunk.length > 0) break;
    await farm.order(id, 'CancelBuild');
    const [, completed] = await completedOf(drvPath);
    expect(completed!.data).toMatchObject({ status: 'cancelled', cachesFailure: false, interrupted: false });
    expect(existsSync(`/proc/${(await farm.nix.read('pid')).trim()}`)).toBe(false);
    expect((await farm.events(id)).map(({ type }) => type)).toEqual(['BuildQueued', 'BuildCancelled']);
  });

  it('keeps a running step that another build needs, and cancels only the build', async () => {
    const gate = `${farm.nix.dir}/gate2`;
    const drvPath = await farm.drv(sh('wanted-twice', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo > $out`));
    const first = await farm.queue(drvPath);
    await farm.running(drvPath);
    const second = await farm.queue(drvPath);
    const marker = await farm.queue(await farm.drv(sh('marker', 'echo > $out')));
    await farm.finished(marker);
    await farm.order(first, 'CancelBuild');
    await farm.nix.write('gate2', '');
    expect(await farm.finished(second)).toMatchObject({ status: 'succeeded', isCachedBuild: true });
    expect((await farm.events(first)).map(({ type }) => type)).toEqual(['BuildQueued', 'BuildCancelled']);
    expect(await farm.attempts(drvPath)).toHaveLength(2);
  });

  it('is still well, and each of its choices can be made again from the log', async () => {
    await runner.stop();
    const { drifts, counts } = await farm.replayed();
    expect(drifts).toEqual([]);
    expect(counts).toMatchObject({ dispatches: (await farm.logged('BuildStepStarted')).length, unchecked: 0 });
  });

  const completedOf = async (drvPath: string) => {
    for (;;) {
      const found = await farm.attempts(drvPath);
      if (found.length >= 2) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const times = ({
    buildId,
    startedAtMs,
    stoppedAtMs,
  }: {
    buildId: number;
    startedAtMs: number;
    stoppedAtMs: number;
  }) => ({
    buildId,
    startedAtMs,
    stoppedAtMs,
  });
});
