import fc from 'fast-check';
import { assign, choose, unsupportedSteps } from './choose.js';
import { byPreference, type Machine } from './machine.js';
import { compareStanding } from './policy.js';
import { Scheduler } from './scheduler.js';
import type { QueuedBuild, StepSpec } from './step.js';

const NOW = 1_000_000_000;
const system = 'x86_64-linux';
const localhost: Machine = {
  name: 'localhost',
  systems: [system],
  features: ['kvm', 'big'],
  mandatoryFeatures: [],
  slots: 2,
  speedFactor: 1,
};

type Wish = Partial<QueuedBuild> & { buildId: number; features?: string[]; system?: string };

const state = (shares: Record<number, number> = {}): Scheduler => {
  const scheduler = new Scheduler();
  for (const [id, weight] of Object.entries(shares)) scheduler.shares.set(Number(id), weight);
  return scheduler;
};

const spec = (drvPath: string, inputs: string[] = [], more: Partial<StepSpec> = {}): StepSpec => ({
  drvPath,
  system,
  features: [],
  preferLocalBuild: false,
  inputs,
  retryAtMs: 0,
  ...more,
});

const queue = (to: Scheduler, wish: Wish, steps?: StepSpec[]): void => {
  const { features = [], system: platform = system, ...rest } = wish;
  const drvPath = wish.drvPath ?? `drv${wish.buildId}`;
  const build = { jobsetId: 1, globalPriority: 0, localPriority: 100, ...rest, drvPath };
  to.graph.addBuild(build, steps ?? [spec(drvPath, [], { features, system: platform })]);
};

/** Derivations in the order in which one slot would take them. */
const order = (of: Scheduler, machine = localhost): string[] => {
  const taken: string[] = [];
  for (let choice = choose(of, machine, NOW); choice; choice = choose(of, machine, NOW)) {
    taken.push(choice.step.drvPath);
    of.graph.start(choice.step);
    of.graph.succeed(choice.step);
  }
  return taken;
};

describe('the order of runnable steps', () => {
  it('puts bumped builds first, the latest bump before all', () => {
    const farm = state();
    queue(farm, { buildId: 1, localPriority: 900 });
    queue(farm, { buildId: 2, globalPriority: 50 });
    queue(farm, { buildId: 3, globalPriority: 70 });
    expect(order(farm)).toEqual(['drv3', 'drv2', 'drv1']);
  });

  it('lets a bump act on the very next choice, dependencies included', () => {
    const farm = state();
    queue(farm, { buildId: 1 });
    queue(farm, { buildId: 2 }, [spec('drv2', ['dep']), spec('dep')]);
    expect(choose(farm, localhost, NOW)!.step.drvPath).toBe('dep');
    farm.graph.bump(1, 5);
    expect(choose(farm, localhost, NOW)!.step.drvPath).toBe('drv1');
    farm.graph.bump(2, 6);
    expect(order(farm)).toEqual(['dep', 'drv2', 'drv1']);
  });

  it('takes the jobset with the lowest use per share, whatever the local priorities', () => {
    const farm = state({ 1: 300, 2: 100 });
    farm.ledger.start('a', [1], NOW - 5000);
    farm.ledger.stop('a', NOW - 2001);
    farm.ledger.start('b', [2], NOW - 5000);
    farm.ledger.stop('b', NOW - 4000);
    queue(farm, { buildId: 1, jobsetId: 2, localPriority: 900 });
    queue(farm, { buildId: 2, jobsetId: 1, localPriority: 1 });
    expect(choose(farm, localhost, NOW)).toMatchObject({
      step: { drvPath: 'drv2' },
      dispatch: { policy: 'window', jobsetId: 1, usedMs: 2999, shares: 300, localPriority: 1, runnable: 2 },
    });
  });

  it('lets a changed share act on the very next choice', () => {
    const farm = state({ 1: 100, 2: 100 });
    farm.ledger.start('a', [1], NOW - 1000);
    farm.ledger.start('b', [2], NOW - 2000);
    queue(farm, { buildId: 1, jobsetId: 1 });
    queue(farm, { buildId: 2, jobsetId: 2 });
    expect(choose(farm, localhost, NOW)!.step.drvPath).toBe('drv1');
    farm.shares.set(2, 500);
    expect(choose(farm, localhost, NOW)!.step.drvPath).toBe('drv2');
  });

  it('counts a shared step as of the jobset furthest below its share', () => {
    const farm = state();
    farm.ledger.start('a', [1], NOW - 3000);
    farm.ledger.start('b', [2], NOW - 2000);
    queue(farm, { buildId: 1, jobsetId: 2 });
    queue(farm, { buildId: 2, jobsetId: 1, drvPath: 'shared', localPriority: 1 });
    queue(farm, { buildId: 3, jobsetId: 3, drvPath: 'shared', localPriority: 1 });
    expect(choose(farm, localhost, NOW)).toMatchObject({
      step: { drvPath: 'shared' },
      dispatch: { jobsetId: 3, usedMs: 0 },
    });
  });

  it.each<[string, Wish, Wish]>([
    ['a higher local priority', { buildId: 2, localPriority: 200 }, { buildId: 1, features: ['kvm', 'big'] }],
    ['more required features', { buildId: 2, features: ['kvm'] }, { buildId: 1 }],
    ['the lower build id', { buildId: 1 }, { buildId: 2 }],
  ])('prefers %s', (_, first, second) => {
    for (const wishes of [
      [first, second],
      [second, first],
    ]) {
      const farm = state();
      for (const wish of wishes) queue(farm, wish);
      expect(order(farm)).toEqual([`drv${first.buildId}`, `drv${second.buildId}`]);
    }
  });

  it('prefers a step for which more steps wait, before the build id', () => {
    const farm = state();
    queue(farm, { buildId: 1 });
    queue(farm, { buildId: 2 }, [spec('drv2', ['wide']), spec('wide')]);
    expect(order(farm)).toEqual(['wide', 'drv1', 'drv2']);
  });
});

describe('a choice', () => {
  it('is only of steps that the machine can build', () => {
    const farm = state();
    queue(farm, { buildId: 1, system: 'riscv64-linux' });
    queue(farm, { buildId: 2, features: ['nixos-test'] });
    queue(farm, { buildId: 3 });
    expect(order(farm)).toEqual(['drv3']);
    expect(unsupportedSteps(farm.graph, [localhost]).map(({ drvPath }) => drvPath)).toEqual(['drv1', 'drv2']);
  });

  it('leaves a machine with a mandatory feature to the steps that ask for it', () => {
    const special = { ...localhost, mandatoryFeatures: ['kvm'] };
    const farm = state();
    queue(farm, { buildId: 1 });
    queue(farm, { buildId: 2, features: ['kvm'] });
    expect(order(farm, special)).toEqual(['drv2']);
  });

  it('waits for the time of a retry', () => {
    const farm = state();
    queue(farm, { buildId: 1 });
    const { step } = choose(farm, localhost, NOW)!;
    farm.graph.start(step);
    farm.graph.retry(step, NOW + 60);
    expect(choose(farm, localhost, NOW + 59)).toBeUndefined();
    expect(farm.graph.nextRetryAtMs).toBe(NOW + 60);
    expect(choose(farm, localhost, NOW + 60)!.step.drvPath).toBe('drv1');
  });

  it('goes to the machine least loaded for its speed, and past one that has nothing to build', () => {
    const fast = { ...localhost, name: 'fast', speedFactor: 4 };
    const other = { ...localhost, name: 'other', systems: ['riscv64-linux'], speedFactor: 9 };
    const farm = state();
    queue(farm, { buildId: 1 });
    const loads = [localhost, fast, other].map((machine) => ({ machine, running: machine === localhost ? 0 : 1 }));
    expect(assign(farm, loads.sort(byPreference), NOW)!.machine.name).toBe('fast');
    expect(assign(farm, [{ machine: fast, running: 2 }], NOW)).toBeUndefined();
  });

  it('does not hang on the order in which builds came', () => {
    const wish = fc.record({
      jobsetId: fc.integer({ min: 1, max: 4 }),
      localPriority: fc.integer({ min: 1, max: 3 }),
      globalPriority: fc.constantFrom(0, 0, 0, 7, 9),
      features: fc.subarray(['big', 'kvm']),
    });
    const permuted = fc.array(wish, { minLength: 1, maxLength: 12 }).chain((wishes) =>
      fc.tuple(
        fc.constant(wishes),
        fc.shuffledSubarray(
          wishes.map((_, i) => i),
          { minLength: wishes.length },
        ),
      ),
    );
    fc.assert(
      fc.property(permuted, ([wishes, places]) => {
        const farms = [wishes.map((_, i) => i), places].map((ids) => {
          const farm = state({ 1: 50, 2: 100, 3: 100 });
          farm.ledger.start('x', [2, 3], NOW - 77);
          for (const i of ids) queue(farm, { buildId: i + 1, ...wishes[i]! });
          return order(farm);
        });
        expect(farms[1]).toEqual(farms[0]);
        expect(farms[0]).toHaveLength(wishes.length);
      }),
    );
  });
});

it('standings are compared exactly, where floating point would see a tie', () => {
  const a = { jobsetId: 1, usedMs: 9_007_199_254_740_991, shares: 1_000_000_000 };
  const b = { jobsetId: 2, usedMs: 9_007_199_254_740_990, shares: 1_000_000_000 };
  expect(compareStanding(a, b)).toBeGreaterThan(0);
  expect(compareStanding(b, a)).toBeLessThan(0);
  expect(compareStanding(a, { ...a })).toBe(0);
});
