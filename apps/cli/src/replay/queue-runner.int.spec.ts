import { createRunnerFarm, type RunnerFarm, sh, until } from '../../../worker/testing/runner-farm.js';
import { replayShares } from './shares.js';

let farm: RunnerFarm;
beforeAll(async () => {
  farm = await createRunnerFarm();
});
afterAll(() => farm.close());

const counted = async (type: string): Promise<number> => {
  let count = 0;
  for await (const events of farm.store.readAll({ types: [type] })) count += events.length;
  return count;
};

describe('what a queue runner did', () => {
  it('is replayed without a difference, though it was killed half-way and another one led on', async () => {
    const shared = sh('shared', 'echo shared > $out');
    const builds: number[] = [];
    for (let nr = 0; nr < 24; nr += 1) {
      const drvPath = await farm.drv(sh(`job${nr}`, `echo ${nr} > $out`, nr % 3 === 0 ? { inputs: [shared] } : {}));
      builds.push(await farm.queue(drvPath, { jobsetId: 1 + (nr % 2), priority: 100 + (nr % 5) }));
    }
    const first = farm.run({ slots: 2 });
    await until('a few ends', async () => ((await counted('BuildStepCompleted')) >= 5 ? true : undefined));
    await farm.order(builds[20]!, 'BumpBuild');
    await first.kill();
    const failing = await farm.drv(sh('broken', 'exit 1'));
    builds.push(await farm.queue(failing, { jobsetId: 2 }));
    await farm.project();
    const second = farm.run({ slots: 2 });
    await Promise.all(builds.map((id) => farm.finished(id, 60_000)));
    await second.stop();
    await farm.project();

    const { counts, first: difference, readModel } = await replayShares(farm.store, {}, { pool: farm.database.pool });
    expect(difference).toBeUndefined();
    expect(counts).toMatchObject({ terms: 2, unchecked: 0, drift: 0 });
    expect(counts.dispatches).toBe(await counted('BuildStepStarted'));
    expect(counts.dispatches).toBeGreaterThanOrEqual(26);
    expect(readModel).toEqual({ kind: 'equal' });
  });
});
