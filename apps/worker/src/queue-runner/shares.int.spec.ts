import { createRunnerFarm, type RunnerFarm, sh, until } from '../../testing/runner-farm.js';

describe('with one slot', () => {
  let farm: RunnerFarm;
  beforeEach(async () => {
    farm = await createRunnerFarm();
  });
  afterEach(async () => {
    await farm.close();
  });

  /** Derivations that take as long as each other. */
  const equal = (name: string, count: number, script: string): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, (_, at) => farm.drv(sh(`${name}${at}`, `${script}; echo > $out`))));
  const queue = async (jobsetId: number, drvs: readonly string[], priority = 100): Promise<number[]> => {
    const ids: number[] = [];
    for (const drvPath of drvs) ids.push(await farm.queue(drvPath, { jobsetId, priority }));
    return ids;
  };
  const starts = async () => (await farm.logged('BuildStepStarted')).map(({ data }) => data);
  const expectNoDrift = async (dispatches: number): Promise<void> => {
    const { drifts, counts } = await farm.replayed();
    expect(drifts).toEqual([]);
    expect(counts).toMatchObject({ dispatches, unchecked: 0, drift: 0 });
  };

  it('two jobsets with 300 and 100 shares start steps 3:1, exactly as the ledger says', async () => {
    await farm.share(1, 300);
    await farm.share(2, 100);
    const drvs = await Promise.all([equal('a', 18, 'sleep 0.15'), equal('b', 18, 'sleep 0.15')]);
    await queue(1, drvs[0]);
    await queue(2, drvs[1]);
    const runner = farm.run({ slots: 1 });
    await until('16 starts', async () => ((await starts()).length >= 17 ? true : undefined));
    await runner.stop();
    const first = (await starts()).slice(0, 16);
    const of = (jobset: number): number => first.filter(({ dispatch }) => dispatch.jobsetId === jobset).length;
    // Equal by sleep, not to the millisecond: where both are level, the clock decides.
    expect(Math.abs(of(1) - 12)).toBeLessThanOrEqual(1);
    // By the ledger there is no such doubt: whoever was chosen had used least for its shares of those that waited.
    const ends = (await farm.logged('BuildStepCompleted')).map(({ data }) => data);
    for (const { startedAtMs, dispatch } of first) {
      // An attempt whose slot is free and whose end was not known yet still counted as running.
      const finishing = new Set(dispatch.basis!.finishing?.map((each) => each.drvPath));
      const used = [1, 2].map((jobset) =>
        ends
          .filter((end) => end.startedAtMs < startedAtMs && end.charges[0]!.jobsetId === jobset)
          .reduce(
            (sum, end) => sum + (finishing.has(end.drvPath) ? startedAtMs : end.stoppedAtMs) - end.startedAtMs,
            0,
          ),
      );
      const [own, other] =
        dispatch.jobsetId === 1 ? [used[0]! / 300, used[1]! / 100] : [used[1]! / 100, used[0]! / 300];
      expect(dispatch.usedMs / dispatch.shares).toBe(own);
      expect(own).toBeLessThanOrEqual(other);
    }
    await expectNoDrift((await starts()).length);
  });

  it('a jobset’s steps go by schedulingPriority, which counts nothing against another jobset, and a bump goes before all', async () => {
    const [low, high, other, bumped] = await Promise.all(
      ['low', 'high', 'other', 'bumped'].map((name) => equal(name, 2, 'sleep 0.05')),
    );
    const gate = await farm.drv(sh('gate', `while [ ! -e ${farm.nix.dir}/go ]; do sleep 0.02; done; echo > $out`));
    // The jobset that has used most by far.
    const held = await farm.queue(gate, { jobsetId: 3 });
    const runner = farm.run({ slots: 1 });
    await farm.running(gate);
    const ids = [...(await queue(1, low!, 10)), ...(await queue(1, high!, 900)), ...(await queue(2, other!, 1))];
    const last = await queue(3, bumped!, 1);
    await farm.order(last[1]!, 'BumpBuild');
    const found = async (): Promise<true | undefined> =>
      (await farm.logged('BuildStepsFound')).length === 1 + ids.length + last.length ? true : undefined;
    await until('all to be in the graph', found);
    await farm.nix.write('go', '');
    for (const id of [held, ...ids, ...last]) await farm.finished(id);
    await runner.stop();
    const order = (await starts()).map(({ drvPath }) => drvPath.replace(/^.*-([a-z]+)\d*\.drv$/, '$1'));
    expect(order.slice(0, 2)).toEqual(['gate', 'bumped']);
    const [of1, of2] = ['low|high', 'other'].map((names) => order.filter((name) => names.includes(name)));
    expect(of1).toEqual(['high', 'high', 'low', 'low']);
    expect(of2).toEqual(['other', 'other']);
    // One each before any has a second: the priorities of one are nothing to the other.
    expect(new Set(order.slice(2, 4))).toEqual(new Set(['high', 'other']));
    await expectNoDrift(order.length);
  });

  it.each(['window', 'clamped'])(
    'killed and restarted in between, the ledger and every choice are what they would have been (%s)',
    async (policy) => {
      const drvs = await Promise.all([equal('x', 6, 'sleep 0.1'), equal('y', 6, 'sleep 0.1')]);
      const shared = await farm.drv(sh('shared', 'sleep 0.1; echo > $out'));
      const ids = [...(await queue(1, [...drvs[0], shared])), ...(await queue(2, [...drvs[1], shared]))];
      let ended = 0;
      for (let term = 0; term < 3; term++) {
        const runner = farm.run({ slots: 1, policy });
        ended += 3;
        await until('some ends', async () =>
          (await farm.logged('BuildStepCompleted')).length >= ended ? true : undefined,
        );
        await runner.kill();
        if (term === 1) await farm.project();
      }
      await farm.share(2, 250);
      const runner = farm.run({ slots: 2, policy });
      for (const id of ids) expect(await farm.finished(id)).toMatchObject({ status: 'succeeded' });
      await runner.stop();
      const ends = (await farm.logged('BuildStepCompleted')).map(({ data }) => data);
      expect(ends.filter(({ interrupted }) => interrupted).length).toBeGreaterThan(0);
      const { counts, usage } = await farm.replayed();
      expect(counts.terms).toBe(4);
      for (const { jobsetId, usedMs } of usage)
        expect(usedMs).toBe(
          ends
            .flatMap(({ charges }) => charges)
            .reduce((sum, { jobsetId: id, ms }) => sum + (id === jobsetId ? ms : 0), 0),
        );
      await expectNoDrift(ends.length);
      const tagged = ends.flatMap(({ charges }) => charges).filter(({ tag }) => tag !== undefined);
      expect(tagged.length > 0).toBe(policy === 'clamped');
    },
  );
});
