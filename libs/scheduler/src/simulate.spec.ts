import fc from 'fast-check';
import { backlog, hashed, plainSpec, randomFarm, simulateAll } from '../testing/farms.js';
import { machineAdded } from '../testing/machines.js';
import { idleThough } from '../testing/watch-idle.js';
import type { Happening, SimulationInput } from './simulate.js';

const options = (policy: string) => ({ policy, windowMs: 400, clampCreditMs: 30 });
const policies = ['window', 'clamped'];

describe('a simulated farm', () => {
  it.each(policies)('never leaves a slot idle that could build a runnable step (%s)', (policy) => {
    let starts = 0;
    fc.assert(
      fc.property(randomFarm, (input) => {
        const { events, result } = simulateAll(input, options(policy));
        starts += result.starts;
        expect(idleThough(input, events)).toBeUndefined();
      }),
      { numRuns: 300, seed: 5 },
    );
    expect(starts).toBeGreaterThan(3000);
  });

  it.each(policies)('charges the slot time of each attempt, to the millisecond, shared or not (%s)', (policy) => {
    let shared = 0;
    fc.assert(
      fc.property(randomFarm, (input) => {
        const { events } = simulateAll(input, options(policy));
        for (const event of events) {
          if (event.kind !== 'ended') continue;
          const { charges, atMs, startedAtMs } = event;
          expect(charges.reduce((sum, { ms }) => sum + ms, 0)).toBe(atMs - startedAtMs);
          if (charges.length > 1) shared += 1;
        }
      }),
      { numRuns: 150, seed: 6 },
    );
    expect(shared).toBeGreaterThan(100);
  });

  it.each(policies)('does the same again when it is told the same (%s)', (policy) => {
    fc.assert(
      fc.property(randomFarm, (input) => {
        const text = (): string => JSON.stringify(simulateAll(input, options(policy)).events);
        expect(text()).toBe(text());
      }),
      { numRuns: 60, seed: 8 },
    );
  });

  it('ends a build when its last step ends, kills what a cancelled one alone needs, and tells who is left', () => {
    const build = (buildId: number, drvPath: string) => ({
      buildId,
      jobsetId: 1,
      drvPath,
      globalPriority: 0,
      localPriority: 100,
    });
    const happenings: Happening[] = [
      { atMs: 10, kind: 'machine', event: machineAdded({ slots: 2 }) },
      {
        atMs: 10,
        kind: 'build',
        build: build(1, 'top'),
        specs: [plainSpec('top', { inputs: ['dep'] }), plainSpec('dep')],
      },
      { atMs: 10, kind: 'build', build: build(2, 'alone'), specs: [plainSpec('alone')] },
      { atMs: 15, kind: 'build', build: build(3, 'strange'), specs: [plainSpec('strange', { system: 'vax' })] },
      { atMs: 30, kind: 'cancel', buildIds: [2] },
      { atMs: 90, kind: 'build', build: build(4, 'top'), specs: [] },
      { atMs: 95, kind: 'build', build: build(5, 'dep'), specs: [], anew: ['dep'] },
    ];
    const input: SimulationInput = {
      startedAtMs: 0,
      shares: [],
      happenings,
      outcomeOf: () => ({ ms: 25, status: 'succeeded' }),
    };
    const { events, result } = simulateAll(
      {
        ...input,
        outcomeOf: ({ step }) => ({
          ms: step.drvPath === 'alone' ? 500 : 25,
          status: 'succeeded',
        }),
      },
      options('window'),
    );
    expect(result.builds).toEqual(
      new Map([
        [1, { jobsetId: 1, queuedAtMs: 10, finishedAtMs: 60, end: 'succeeded' }],
        [2, { jobsetId: 1, queuedAtMs: 10, finishedAtMs: 30, end: 'cancelled' }],
        [4, { jobsetId: 1, queuedAtMs: 90, finishedAtMs: 90, end: 'succeeded' }],
        [5, { jobsetId: 1, queuedAtMs: 95, finishedAtMs: 120, end: 'succeeded' }],
      ]),
    );
    expect(result).toMatchObject({ unfinished: [3], starts: 4, endedAtMs: 120 });
    expect(events.filter((each) => each.kind === 'ended' && each.status === 'cancelled')).toMatchObject([
      { drvPath: 'alone', atMs: 30, charges: [{ jobsetId: 1, ms: 20 }] },
    ]);
    const muddled = [...happenings.slice(0, 2), happenings[3]!, happenings[2]!];
    expect(() => simulateAll({ ...input, happenings: muddled }, options('window'))).toThrow(/10 comes after 15/);
    const lacking = [{ ...happenings[1]!, specs: [plainSpec('top', { inputs: ['dep'] })] } as Happening];
    expect(() => simulateAll({ ...input, happenings: lacking }, options('window'))).toThrow(/'dep'/);
  });

  it('runs a week of a farm of forty slots in seconds', () => {
    const week = 7 * 24 * 3_600_000;
    const input = backlog({
      jobsets: Array.from({ length: 20 }, (_, i) => ({
        jobsetId: i + 1,
        shares: 10 * (i + 1),
        fromMs: i * 1000,
        count: 2000,
      })),
      slots: 40,
      untilMs: week,
      msOf: (drvPath) => 60_000 + hashed(drvPath, 1_000_000),
    });
    const { result } = simulateAll(input, { policy: 'window', windowMs: 24 * 3_600_000, clampCreditMs: 0 });
    expect(result.starts).toBeGreaterThan(39_000);
    expect(result.endedAtMs).toBeGreaterThan(week / 2);
  });
});
