import { createQuestions } from '#coordination';
import { createRunnerFarm, type Running, type RunnerFarm, sh, until } from '../../testing/runner-farm.js';

describe('a step', () => {
  let farm: RunnerFarm;
  let runner: Running;
  beforeAll(async () => {
    farm = await createRunnerFarm();
    await farm.share(7, 100);
    runner = farm.run({ slots: 1, repeats: new Map([['p:j7', 2]]) });
  });
  afterAll(async () => {
    await farm.close();
  });

  const ends = async (drvPath: string) =>
    (await farm.attempts(drvPath)).flatMap((event) => (event.type === 'BuildStepCompleted' ? [event.data] : []));

  it('that says that it always gives the same is built again, and fails for ever where it does not', async () => {
    const more = 'isDeterministic = true;';
    const [same, other] = [
      await farm.drv(sh('always', 'echo built; echo 1 > $out', { more })),
      await farm.drv(sh('random', 'head -c 32 /dev/urandom > $out', { more })),
    ];
    const [good, bad] = [await farm.queue(same), await farm.queue(other)];
    expect(await farm.finished(good)).toMatchObject({ status: 'succeeded', isCachedBuild: false });
    expect((await farm.log(same)).match(/^built$/gm)).toHaveLength(2);
    expect(await farm.finished(bad)).toMatchObject({ status: 'not-deterministic', isCachedBuild: false });
    expect(await ends(other)).toMatchObject([{ status: 'not-deterministic', cachesFailure: true }]);
    // Its output of the first time lies in the store, and is nobody's success.
    expect(await farm.finished(await farm.queue(other))).toMatchObject({
      status: 'not-deterministic',
      isCachedBuild: true,
    });
    expect(await ends(other)).toHaveLength(1);
  });

  it('of a jobset that wants repeats is built again as often', async () => {
    const drvPath = await farm.drv(sh('thrice', 'echo built; echo 1 > $out'));
    expect(await farm.finished(await farm.queue(drvPath, { jobsetId: 7 }))).toMatchObject({ status: 'succeeded' });
    expect((await farm.log(drvPath)).match(/^built$/gm)).toHaveLength(3);
  });

  it('that several builds want has the most generous of their limits', async () => {
    const slow = sh('patient', 'sleep 1.6; echo > $out');
    const gate = await farm.drv(
      sh('limits-gate', `while [ ! -e ${farm.nix.dir}/limits-go ]; do sleep 0.02; done; echo > $out`),
    );
    await farm.queue(gate);
    await farm.running(gate);
    const hasty = await farm.queue(await farm.drv(slow), { timeout: 1 });
    const patient = await farm.queue(await farm.drv(sh('on-patient', 'echo > $out', { inputs: [slow] })), {
      timeout: 60,
    });
    const marker = await farm.queue(await farm.drv(sh('limits-marker', 'echo > $out')));
    await until('the graph', async () =>
      (await farm.logged('BuildStepsFound')).some(({ data }) => data.buildId === marker) ? true : undefined,
    );
    await farm.nix.write('limits-go', '');
    expect(await farm.finished(hasty)).toMatchObject({ status: 'succeeded' });
    expect(await farm.finished(patient)).toMatchObject({ status: 'succeeded' });
  });

  it('that was cancelled and is wanted anew while its builder ends is built for the new one, and nothing is remembered', async () => {
    const drvPath = await farm.drv(
      sh('again', `[ -e ${farm.nix.dir}/again ] || { touch ${farm.nix.dir}/again; sleep 30; }; echo > $out`),
    );
    const first = await farm.queue(drvPath);
    await farm.running(drvPath);
    await until('the builder', async () =>
      farm.nix.read('again').then(
        () => true as const,
        () => undefined,
      ),
    );
    await farm.order(first, 'CancelBuild');
    const second = await farm.queue(drvPath);
    expect(await farm.finished(second)).toMatchObject({ status: 'succeeded', isCachedBuild: false });
    expect((await ends(drvPath)).map(({ status, interrupted }) => [status, interrupted])).toEqual([
      ['cancelled', false],
      ['succeeded', false],
    ]);
  });

  it('that waits is explained by the queue runner, which also says how it is', async () => {
    const gate = await farm.drv(
      sh('why-gate', `while [ ! -e ${farm.nix.dir}/why-go ]; do sleep 0.02; done; echo > $out`),
    );
    await farm.queue(gate);
    await farm.running(gate);
    const [before, waiting] = [
      await farm.queue(await farm.drv(sh('why-before', 'echo > $out')), { priority: 500 }),
      await farm.queue(await farm.drv(sh('why-waiting', 'echo > $out'))),
    ];
    const { ask } = createQuestions(farm.database.pool);
    const timeoutMs = 5000;
    const explanation = await until('an explanation', async () => {
      const why = await ask('queue-runner', { kind: 'why', buildId: waiting }, { timeoutMs });
      return why === null ? undefined : (why as Record<string, unknown>);
    });
    expect(explanation).toMatchObject({
      buildId: waiting,
      policy: 'window',
      counts: { running: 0, runnable: 1, delayed: 0, blocked: 0 },
      top: { wait: { kind: 'ranked', rank: 2, ahead: [{ lowestBuildId: before, rule: 'priority' }], freeSlots: 0 } },
    });
    expect(await ask('queue-runner', { kind: 'status' }, { timeoutMs })).toMatchObject({
      status: 'up',
      running: 1,
      runnable: 2,
      host: { processors: expect.any(Number), load: [expect.any(Number), expect.any(Number), expect.any(Number)] },
      machines: [{ name: 'localhost', slots: 1, taken: 1, enabled: true }],
    });
    await expect(ask('queue-runner', { kind: 'who' }, { timeoutMs })).rejects.toThrow('kind');
    await farm.nix.write('why-go', '');
    await farm.finished(waiting);
    expect(await ask('queue-runner', { kind: 'why', buildId: waiting }, { timeoutMs })).toBeNull();
  });

  it('was started by choices that can all be made again', async () => {
    await runner.stop();
    const { drifts, counts } = await farm.replayed();
    expect(drifts).toEqual([]);
    expect(counts).toMatchObject({ dispatches: (await farm.logged('BuildStepStarted')).length, unchecked: 0 });
  });
});
