import { type StepEvent, stepStream } from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';
import { uuidv4 } from '#runtime';
import { createRunnerFarm, type Running, type RunnerFarm, sh, until } from '../../testing/runner-farm.js';

/** The log, whose server dies at an event of a type: what stands before it in the batch is written, itself where `written`. */
const dyingAt = (store: EventStore, type: string, onDeath: () => void, written = false): EventStore => ({
  ...store,
  appendBatch: async (writes) => {
    const at = writes.findIndex(({ events }) => events.some((event) => event.type === type));
    if (at < 0) return store.appendBatch(writes);
    await store.appendBatch(writes.slice(0, written ? at + 1 : at));
    onDeath();
    throw new Error(`died at ${type}`);
  },
});

describe('after a crash', () => {
  let farm: RunnerFarm;
  const counts = async (id: number): Promise<number> =>
    (await farm.events(id)).filter(({ type }) => type === 'BuildFinished').length;

  beforeAll(async () => {
    farm = await createRunnerFarm();
  });
  afterAll(async () => {
    await farm.close();
  });

  /** Runs until the log dies at a type, then a new queue runner; it is left running. */
  const crashAt = async (type: string, written = false): Promise<Running> => {
    let died = false;
    const first = farm.run({ store: dyingAt(farm.store, type, () => (died = true), written) });
    await expect(first.done).rejects.toThrow(`died at ${type}`);
    expect(died).toBe(true);
    return farm.run();
  };

  it.each([
    ['before a start was written', 'BuildStepStarted', false, 1],
    ['after a start was written, the answer lost', 'BuildStepStarted', true, 2],
    ['before an end was written', 'BuildStepCompleted', false, 2],
  ])('%s, the step is built and the build finished once', async (name, type, written, attempts) => {
    const drvPath = await farm.drv(sh(`crash-${name.replace(/[^a-z]/g, '-')}`, 'echo > $out'));
    const id = await farm.queue(drvPath);
    const next = await crashAt(type, written);
    expect(await farm.finished(id)).toMatchObject({ status: 'succeeded', run: 0 });
    await next.stop();
    expect(await counts(id)).toBe(1);
    const history = await farm.attempts(drvPath);
    const ends = history
      .filter(({ type: kind }) => kind === 'BuildStepCompleted')
      .map(({ data }) => data as never as { status: string; interrupted: boolean });
    const starts = history.filter(({ type: kind }) => kind === 'BuildStepStarted');
    expect(starts.length).toBeLessThanOrEqual(attempts);
    expect(ends).toHaveLength(starts.length);
    if (attempts === 2) expect(ends[0]).toMatchObject({ status: 'aborted', interrupted: true });
  });

  it('between the end of a step and of its builds, they finish as if nothing had been', async () => {
    const drvPath = await farm.drv(
      sh(
        'crash-finish',
        'mkdir -p $out/nix-support; echo rel-1 > $out/nix-support/hydra-release-name; echo "m 1" > $out/nix-support/hydra-metrics',
      ),
    );
    const [owner, other] = [await farm.queue(drvPath), await farm.queue(drvPath)];
    const next = await crashAt('BuildFinished');
    const [, completed] = await farm.attempts(drvPath);
    const { startedAtMs, stoppedAtMs } = completed!.data as never as Record<string, number>;
    const same = {
      status: 'succeeded',
      releaseName: 'rel-1',
      metrics: [{ name: 'm', value: 1, unit: '' }],
      startedAtMs,
      stoppedAtMs,
    };
    expect(await farm.finished(owner)).toMatchObject({ ...same, isCachedBuild: false });
    expect(await farm.finished(other)).toMatchObject({ ...same, isCachedBuild: true });
    await next.stop();
    expect(await farm.attempts(drvPath)).toHaveLength(2);
    expect([await counts(owner), await counts(other)]).toEqual([1, 1]);
  });

  it('between the failure of a step and the end of its builds, they fail as if nothing had been', async () => {
    const bad = sh('crash-bad', 'exit 1');
    const [drvPath, above] = [await farm.drv(bad), await farm.drv(sh('crash-above', 'echo > $out', { inputs: [bad] }))];
    const [owner, other, dependent] = [await farm.queue(drvPath), await farm.queue(drvPath), await farm.queue(above)];
    const next = await crashAt('BuildFinished');
    const [, completed] = await farm.attempts(drvPath);
    const { startedAtMs, stoppedAtMs } = completed!.data as never as Record<string, number>;
    const same = {
      isCachedBuild: false,
      startedAtMs,
      stoppedAtMs,
      failedStep: { drvPath, status: 'failed', attempt: 1 },
    };
    expect(await farm.finished(owner)).toMatchObject({ ...same, status: 'failed' });
    expect(await farm.finished(other)).toMatchObject({
      ...same,
      status: 'failed',
      failedStep: { propagatedFrom: owner },
    });
    expect(await farm.finished(dependent)).toMatchObject({ ...same, status: 'dependency-failed' });
    await next.stop();
    expect(await farm.attempts(drvPath)).toHaveLength(2);
  });

  it('a timeout that was recorded is not tried again for the builds that waited for it', async () => {
    const drvPath = await farm.drv(sh('crash-slow', 'sleep 30'));
    const id = await farm.queue(drvPath, { maxSilent: 1 });
    const next = await crashAt('BuildFinished');
    expect(await farm.finished(id)).toMatchObject({ status: 'timed-out', failedStep: { attempt: 1 } });
    await next.stop();
    expect(await farm.attempts(drvPath)).toHaveLength(2);
  });

  it('while a step ran, its builder is gone, and the successor starts from the read model and the tail of the log', async () => {
    const gate = `${farm.nix.dir}/crash-gate`;
    const drvPath = await farm.drv(sh('crash-run', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo > $out`));
    const id = await farm.queue(drvPath);
    const first = farm.run();
    await farm.running(drvPath);
    await farm.project();
    const later = await farm.queue(await farm.drv(sh('crash-later', 'echo > $out')), { jobsetId: 2 });
    await first.kill();
    expect(await farm.attempts(drvPath)).toHaveLength(1);
    const second = farm.run();
    await until('the second attempt', async () => ((await farm.attempts(drvPath)).length === 3 ? true : undefined));
    const [, interrupted, again] = await farm.attempts(drvPath);
    expect(interrupted).toMatchObject({ data: { status: 'aborted', interrupted: true, attempt: 1 } });
    const { startedAtMs, stoppedAtMs, charges } = interrupted!.data as never as Record<string, number>;
    expect(charges).toEqual([{ jobsetId: 1, ms: stoppedAtMs! - startedAtMs! }]);
    expect(again!.data).toMatchObject({ attempt: 2, dispatch: { usedMs: expect.any(Number) } });
    expect((again!.data as never as { dispatch: { usedMs: number } }).dispatch.usedMs).toBeGreaterThanOrEqual(
      stoppedAtMs! - startedAtMs!,
    );
    await farm.nix.write('crash-gate', '');
    expect((await farm.finished(id)).status).toBe('succeeded');
    expect((await farm.finished(later)).status).toBe('succeeded');
    await second.stop();
  });

  it('a queue runner that is stopped records its running steps as interrupted, and its successor goes on', async () => {
    const gate = `${farm.nix.dir}/stop-gate`;
    const drvPath = await farm.drv(sh('stopped', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo > $out`));
    const id = await farm.queue(drvPath);
    const first = farm.run();
    await farm.running(drvPath);
    await first.stop();
    const [, completed] = await farm.attempts(drvPath);
    expect(completed).toMatchObject({ data: { status: 'aborted', interrupted: true, log: { bytes: 0 } } });
    await farm.nix.write('stop-gate', '');
    const second = farm.run();
    const finished = await farm.finished(id);
    expect(finished.status).toBe('succeeded');
    expect(finished).not.toHaveProperty('failedStep');
    expect(await farm.attempts(drvPath)).toHaveLength(4);
    await second.stop();
  });

  it('never two build one step: a second leader ends the attempt of a first one that still runs, which then gives up', async () => {
    const gate = `${farm.nix.dir}/two-gate`;
    const drvPath = await farm.drv(sh('two-leaders', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo > $out`));
    const id = await farm.queue(drvPath);
    const first = farm.run();
    await farm.running(drvPath);
    const second = farm.run();
    await farm.running(drvPath, 2);
    await farm.nix.write('two-gate', '');
    expect((await farm.finished(id)).status).toBe('succeeded');
    expect(await counts(id)).toBe(1);
    await until('the end of both attempts', async () =>
      (await farm.attempts(drvPath)).length === 4 ? true : undefined,
    );
    await Promise.allSettled([first.stop(), second.stop()]);
    const kinds = (await farm.attempts(drvPath)).map(({ type, data }) => [type, (data as { status?: string }).status]);
    expect(kinds).toEqual([
      ['BuildStepStarted', undefined],
      ['BuildStepCompleted', 'aborted'],
      ['BuildStepStarted', undefined],
      ['BuildStepCompleted', 'succeeded'],
    ]);
  });

  it('a choice whose start the log refuses is withdrawn: the step of a dead leader runs anew, a failure that it left is the builds’ own', async () => {
    const gate = `${farm.nix.dir}/refuse-gate`;
    const held = await farm.drv(sh('refuse-held', `while [ ! -e ${gate} ]; do sleep 0.02; done; echo > $out`));
    const [runs, fails] = await Promise.all(['refuse-runs', 'refuse-fails'].map((n) => farm.drv(sh(n, 'echo > $out'))));
    const runner = farm.run({ slots: 1 });
    const ids = [await farm.queue(held)];
    await farm.running(held);
    for (const drvPath of [runs!, fails!]) ids.push(await farm.queue(drvPath));
    await until('the graph', async () =>
      (await farm.logged('BuildStepsFound')).some(({ data }) => data.buildId === ids[2]) ? true : undefined,
    );
    // What a leader wrote that had not heard yet that it led no more.
    const [start] = (await farm.attempts(held)) as unknown as [
      Extract<StepEvent, { type: 'BuildStepStarted' }> & RecordedEvent,
    ];
    const { basis: _, ...dispatch } = start.data.dispatch;
    const { machine, startedAtMs } = start.data;
    const ended = { attempt: 1, buildId: ids[2]!, machine, startedAtMs, stoppedAtMs: startedAtMs };
    for (const [drvPath, failed] of [
      [runs!, false],
      [fails!, true],
    ] as const) {
      const begun = { ...start.data, drvPath, dispatch, logKey: `${start.data.logKey}-of-another` };
      const how = { status: 'failed', charges: [{ jobsetId: 1, ms: 0 }], cachesFailure: true, interrupted: false };
      await farm.store.append(stepStream(drvPath), 'no-stream', [
        { id: uuidv4(), type: 'BuildStepStarted', data: begun, metadata: start.metadata },
        ...(failed
          ? [
              {
                id: uuidv4(),
                type: 'BuildStepCompleted',
                data: { drvPath, ...ended, ...how },
                metadata: start.metadata,
              },
            ]
          : []),
      ]);
    }
    await farm.nix.write('refuse-gate', '');
    expect(await farm.finished(ids[1]!)).toMatchObject({ status: 'succeeded', isCachedBuild: false });
    expect(await farm.finished(ids[2]!)).toMatchObject({ status: 'failed', isCachedBuild: true });
    await runner.stop();
    expect((await farm.attempts(runs!)).map(({ data }) => (data as { status?: string }).status)).toEqual([
      undefined,
      'aborted',
      undefined,
      'succeeded',
    ]);
    expect(await farm.attempts(fails!)).toHaveLength(2);
    expect((await farm.logged('DispatchWithdrawn')).map(({ data }) => data.drvPath)).toEqual([runs, fails]);
  });

  it('every choice that was made can be made again from the log', async () => {
    const { drifts, counts } = await farm.replayed();
    expect(drifts).toEqual([]);
    expect(counts.dispatches).toBe((await farm.logged('BuildStepStarted')).length);
  });
});
