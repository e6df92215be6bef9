import fc from 'fast-check';
import { machineAdded } from '../testing/machines.js';
import { explainBuild } from './explain.js';
import { Scheduler } from './scheduler.js';
import type { StepSpec } from './step.js';

const NOW = 1_000_000;
const system = 'x86_64-linux';
const spec = (drvPath: string, more: Partial<StepSpec> = {}): StepSpec => ({
  drvPath,
  system,
  features: [],
  preferLocalBuild: false,
  inputs: [],
  retryAtMs: 0,
  ...more,
});
const farm = (policy = 'window', slots = 1): Scheduler => {
  const scheduler = new Scheduler({ policy, windowMs: 10_000, clampCreditMs: 0 });
  scheduler.machines.apply(machineAdded({ name: 'm', features: ['kvm'], slots }));
  return scheduler;
};
let ids = 0;
const queue = (to: Scheduler, jobsetId: number, top: StepSpec, below: StepSpec[] = [], more: object = {}): number => {
  const buildId = (ids += 1);
  const build = { buildId, jobsetId, drvPath: top.drvPath, globalPriority: 0, localPriority: 100, ...more };
  to.addBuild(build, [top, ...below]);
  return buildId;
};
const start = (to: Scheduler, nowMs = NOW): string => {
  const { step, machine, dispatch, clamp } = to.next(nowMs)!;
  const { drvPath, jobsetIds } = step;
  to.started(
    { drvPath, attempt: 1, jobsetIds: [...jobsetIds], machine: machine.name, startedAtMs: nowMs },
    dispatch,
    clamp,
  );
  return drvPath;
};

describe('the explanation of a build', () => {
  it('names who goes before it, by which rule, and both numbers', () => {
    const to = farm();
    to.ledger.start('x#1', [3], NOW - 4000);
    to.ledger.stop('x#1', NOW - 2000);
    const bumped = queue(to, 2, spec('bumped'), [], { globalPriority: 5 });
    const less = queue(to, 2, spec('less'));
    const higher = queue(to, 3, spec('higher'), [], { localPriority: 200 });
    const mine = queue(to, 3, spec('mine'));
    const later = queue(to, 3, spec('later'));
    const found = explainBuild(to, mine, NOW)!;
    expect(found).toMatchObject({
      policy: 'window',
      standing: { usedMs: 2000, shares: 100 },
      counts: { running: 0, runnable: 1, delayed: 0, blocked: 0 },
      top: { wait: { kind: 'ranked', rank: 4, freeSlots: 1 } },
    });
    expect(found.top.wait).toMatchObject({
      ahead: [
        { drvPath: 'bumped', lowestBuildId: bumped, rule: 'bump', ours: 0, theirs: 5 },
        { drvPath: 'less', jobsetId: 2, lowestBuildId: less, rule: 'share', ours: 20, theirs: 0 },
        { drvPath: 'higher', lowestBuildId: higher, rule: 'priority', ours: 100, theirs: 200 },
      ],
    });
    expect(explainBuild(to, later, NOW)!.top.wait).toMatchObject({ rank: 5 });
    expect(explainBuild(to, 4711, NOW)).toBeUndefined();
  });

  it('tells what blocks it: dependencies, a retry, a running step', () => {
    const to = farm();
    const deps = [spec('a'), spec('b', { retryAtMs: NOW + 50 })];
    const id = queue(to, 1, spec('top', { inputs: ['a', 'b'] }), deps);
    expect(start(to)).toBe('a');
    const found = explainBuild(to, id, NOW + 20)!;
    expect(found.top.wait).toEqual({ kind: 'dependency', inputs: ['a', 'b'], count: 2 });
    expect(found.steps.map(({ drvPath, wait }) => [drvPath, wait])).toEqual([
      ['a', { kind: 'running', machine: 'm', sinceMs: NOW }],
      ['b', { kind: 'retry', atMs: NOW + 50 }],
    ]);
    expect(found).toMatchObject({ counts: { running: 1, delayed: 1, blocked: 1 }, standing: { usedMs: 20 } });
  });

  it('tells what no machine offers, and which machines are away', () => {
    const to = farm();
    const other = queue(to, 1, spec('other', { system: 'riscv64-linux' }));
    const big = queue(to, 1, spec('big', { features: ['kvm', 'big'] }));
    const plain = queue(to, 1, spec('plain'));
    expect(explainBuild(to, other, NOW)!.top.wait).toEqual({
      kind: 'unsupported',
      system: 'riscv64-linux',
      features: [],
    });
    expect(explainBuild(to, big, NOW)!.top.wait).toEqual({ kind: 'unsupported', features: ['big'] });
    const failed = { name: 'm', error: '', failures: 1, failedAtMs: NOW, disabledUntilMs: NOW + 60 };
    to.machines.apply({ type: 'MachineFailed', data: failed });
    expect(explainBuild(to, plain, NOW)!.top.wait).toEqual({
      kind: 'machines-away',
      machines: [{ name: 'm', disabledUntilMs: NOW + 60 }],
    });
    expect(explainBuild(to, plain, NOW + 60)!.top.wait).toMatchObject({ kind: 'ranked', rank: 1 });
    to.machines.apply({ type: 'MachineDisabled', data: { name: 'm' } });
    expect(explainBuild(to, plain, NOW + 60)!.top.wait).toMatchObject({ machines: [{ name: 'm' }] });
  });

  it.each(['window', 'clamped'])('ranks each step by the order in which slots take them (%s)', (policy) => {
    const wish = fc.record({
      jobsetId: fc.integer({ min: 1, max: 4 }),
      localPriority: fc.integer({ min: 1, max: 2 }),
      globalPriority: fc.constantFrom(0, 0, 0, 9),
      features: fc.constantFrom<string[]>([], [], ['kvm']),
    });
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 25 }), (wishes) => {
        const to = farm(policy, 99);
        const builds = new Map<string, number>();
        wishes.forEach(({ features, jobsetId, ...more }, i) =>
          builds.set(`d${i}`, queue(to, jobsetId, spec(`d${i}`, { features }), [], more)),
        );
        // Nothing is used at this instant, so the order holds while slots are filled.
        const ranks = [...builds].map(([drvPath, id]) => [drvPath, explainBuild(to, id, NOW)!.top.wait] as const);
        const order = wishes.map(() => start(to));
        for (const [drvPath, wait] of ranks) {
          const place = order.indexOf(drvPath);
          expect(wait).toMatchObject({ kind: 'ranked', rank: place + 1 });
          const ahead = (wait as Extract<typeof wait, { kind: 'ranked' }>).ahead.map((rival) => rival.drvPath);
          expect(ahead).toEqual(order.slice(0, Math.min(10, place)));
        }
      }),
      { numRuns: 150, seed: 3 },
    );
  });
});
