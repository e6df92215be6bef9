import { machineAdded } from '../testing/machines.js';
import { plainSpec } from '../testing/farms.js';
import { policyOf } from './policy.js';
import { type Assignment, Scheduler } from './scheduler.js';
import { perShare } from './virtual-time.js';

const options = { policy: 'clamped', windowMs: 100_000, clampCreditMs: 10 };
const NOW = 1_000_000;

const farm = (slots = 1): Scheduler => {
  const scheduler = new Scheduler(options);
  scheduler.machines.apply(machineAdded({ slots }));
  return scheduler;
};
let ids = 0;
const queue = (to: Scheduler, jobsetId: number, drvPath: string): void =>
  to.addBuild({ buildId: (ids += 1), jobsetId, drvPath, globalPriority: 0, localPriority: 100 }, [plainSpec(drvPath)]);
const start = (to: Scheduler, nowMs: number): Assignment => {
  const chosen = to.next(nowMs)!;
  const { step, machine, dispatch, clamp } = chosen;
  const { drvPath, jobsetIds } = step;
  const begun = { drvPath, attempt: 1, jobsetIds: [...jobsetIds], machine: machine.name, startedAtMs: nowMs };
  // As the log tells it: the tags are those of the record.
  const basis = { term: 't', nr: 1, seen: 's', clamp: clamp! };
  to.started(begun, { ...dispatch, basis });
  return chosen;
};
const end = (to: Scheduler, drvPath: string, stoppedAtMs: number) =>
  to.completed({ drvPath, attempt: 1, status: 'succeeded', stoppedAtMs, interrupted: false });

describe('machine time per share', () => {
  it('is exact and rounded up, however large the product', () => {
    expect(perShare(0, 7)).toBe(0);
    expect(perShare(1, 100)).toBe(1000);
    expect(perShare(1, 3)).toBe(33_334);
    expect(perShare(90_071_992_547, 100_000)).toBe(90_071_992_547);
    expect(perShare(900_719_925_473, 1_000_003)).toBe(Number((900_719_925_473n * 100_000n + 1_000_002n) / 1_000_003n));
  });
});

describe('the policy clamped', () => {
  it('is known by its name, as window is by that and by Hydra', () => {
    expect(policyOf({ policy: 'clamped' }).name).toBe('clamped');
    expect(policyOf({ policy: 'hydra' }).name).toBe('window');
    expect(() => policyOf({ policy: 'lottery' })).toThrow(/lottery/);
  });

  it('lifts who was idle to the credit behind virtual time, and charges by the shares of the moment', () => {
    const to = farm();
    to.shares.set(1, 50);
    queue(to, 1, 'a');
    expect(start(to, NOW).clamp).toEqual({ virtual: 0, tag: 0 });
    to.shares.set(1, 200);
    expect(end(to, 'a', NOW + 100).charges).toEqual([{ jobsetId: 1, ms: 100, tag: 50_000 }]);
    queue(to, 1, 'b');
    expect(start(to, NOW + 200).clamp).toEqual({ virtual: 50_000, tag: 50_000 });
    end(to, 'b', NOW + 300);
    queue(to, 2, 'c');
    // 50,000 less 10 ms of credit at 100 shares.
    expect(start(to, NOW + 400)).toMatchObject({ dispatch: { jobsetId: 2 }, clamp: { virtual: 50_000, tag: 40_000 } });
    expect([to.tagOf(1), to.tagOf(2), to.tagOf(3), to.virtual]).toEqual([100_000, 40_000, 0, 50_000]);
  });

  it('counts what running steps have cost so far, once', () => {
    const to = farm(2);
    queue(to, 1, 'a');
    queue(to, 1, 'b');
    start(to, NOW);
    expect(start(to, NOW + 30).clamp).toEqual({ virtual: 30_000, tag: 0 });
    expect(end(to, 'a', NOW + 40).charges).toEqual([{ jobsetId: 1, ms: 40, tag: 40_000 }]);
    queue(to, 1, 'c');
    expect(start(to, NOW + 50).clamp).toEqual({ virtual: 60_000, tag: 40_000 });
  });

  it('divides the cost of a shared step among the tags of its jobsets', () => {
    const to = farm();
    queue(to, 1, 'a');
    queue(to, 2, 'a');
    start(to, NOW);
    expect(end(to, 'a', NOW + 5).charges).toEqual([
      { jobsetId: 1, ms: 3, tag: 3000 },
      { jobsetId: 2, ms: 2, tag: 2000 },
    ]);
  });
});

describe('a new term', () => {
  it('has an empty graph, free slots and just the attempts it is told of; shares, machines and tags stay', () => {
    const to = farm();
    to.shares.set(1, 50);
    queue(to, 1, 'a');
    start(to, NOW);
    expect(to.next(NOW)).toBeUndefined();
    const attempts = [
      { drvPath: 'a', attempt: 1, jobsetIds: [1], startedAtMs: NOW },
      { drvPath: 'z', attempt: 3, jobsetIds: [2], startedAtMs: NOW - 500, stoppedAtMs: NOW - 400 },
    ];
    to.restoreTags({ virtual: 7000, tags: new Map([[1, 6000]]) });
    to.beginTerm({ options: { ...options, windowMs: 450 }, startedAtMs: NOW + 10, attempts });
    expect(to.graph.size).toEqual({ builds: 0, steps: 0 });
    expect([to.ledger.usedMs(1, NOW + 10), to.ledger.usedMs(2, NOW + 10)]).toEqual([10, 40]);
    expect([to.sharesOf(1), to.tagOf(1), to.virtual]).toEqual([50, 6000, 7000]);
    queue(to, 2, 'b');
    expect(start(to, NOW + 10)).toMatchObject({ step: { drvPath: 'b' }, machine: { name: 'localhost' } });
    // The old attempt ends: its jobset pays, and no slot is given twice.
    expect(end(to, 'a', NOW + 20)).toMatchObject({
      charges: [{ jobsetId: 1, ms: 20, tag: 46_000 }],
      consequence: { kind: 'unwanted' },
    });
    queue(to, 2, 'c');
    expect(to.next(NOW + 20)).toBeUndefined();
  });

  it('ranks by the tags that it is told of', () => {
    const to = farm();
    for (const jobsetId of [1, 2]) queue(to, jobsetId, `d${jobsetId}`);
    expect(to.next(NOW)!.dispatch.jobsetId).toBe(1);
    to.restoreTags({ virtual: 20_000, tags: new Map([[1, 20_000]]) });
    expect(to.next(NOW)).toMatchObject({ dispatch: { jobsetId: 2 }, clamp: { virtual: 20_000, tag: 10_000 } });
  });
});
