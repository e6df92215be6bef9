import fc from 'fast-check';
import { type Interval, overlapMs, usedByDefinition } from '../testing/oracle.js';
import { divide } from './charges.js';
import { Ledger } from './ledger.js';

describe('a charge', () => {
  it('goes in equal parts to the jobsets of a step, the rest to those of lowest id', () => {
    expect(divide(1001, [9, 2, 4])).toEqual([
      { jobsetId: 2, ms: 334 },
      { jobsetId: 4, ms: 334 },
      { jobsetId: 9, ms: 333 },
    ]);
  });

  it('adds up to the whole, and no two parts differ by more than a millisecond', () => {
    fc.assert(
      fc.property(fc.nat(1e12), fc.uniqueArray(fc.nat(1e6), { minLength: 1, maxLength: 40 }), (ms, ids) => {
        const parts = divide(ms, ids).map((charge) => charge.ms);
        expect(parts.reduce((a, b) => a + b, 0)).toBe(ms);
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the ledger', () => {
  it('counts a running step up to now, and a step that the edge of the window cuts only inside it', () => {
    const ledger = new Ledger(1000);
    ledger.start('a#1', [1], 500);
    expect(ledger.usedMs(1, 800)).toBe(300);
    expect(ledger.stop('a#1', 900)).toEqual([{ jobsetId: 1, ms: 400 }]);
    expect(ledger.usedMs(1, 1000)).toBe(400);
    expect(ledger.usedMs(1, 1500)).toBe(400);
    expect(ledger.usedMs(1, 1600)).toBe(300);
    expect(ledger.usedMs(1, 1900)).toBe(0);
    expect(ledger.jobsets()).toEqual([]);
  });

  it('hears of the same start and stop twice without counting twice', () => {
    const ledger = new Ledger(1000);
    ledger.start('a#1', [1, 2], 0);
    ledger.start('a#1', [1, 2], 0);
    ledger.stop('a#1', 101);
    expect(ledger.stop('a#1', 500)).toEqual([]);
    expect([ledger.usedMs(1, 600), ledger.usedMs(2, 600)]).toEqual([51, 50]);
  });

  it('forgets a start that did not happen', () => {
    const ledger = new Ledger(1000);
    ledger.start('a#1', [1], 0);
    ledger.forget('a#1');
    expect(ledger.usedMs(1, 600)).toBe(0);
  });

  it('equals the definition to the millisecond at every moment of 10,000 random histories, and its parts add up', () => {
    const interval = fc.record({
      jobsetIds: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
      start: fc.nat(3000),
      length: fc.option(fc.nat(1500), { nil: undefined }),
    });
    const moments = fc.array(fc.nat(5000), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(interval, { maxLength: 25 }),
        moments,
        fc.integer({ min: 1, max: 2000 }),
        (steps, at, window) => {
          const history: Interval[] = steps.map(({ jobsetIds, start, length }) => ({
            jobsetIds,
            startedAtMs: start,
            ...(length === undefined ? {} : { stoppedAtMs: start + length }),
          }));
          const acts = history.flatMap((each, id) => [
            { ms: each.startedAtMs, order: 0, act: () => ledger.start(`${id}`, each.jobsetIds, each.startedAtMs) },
            ...(each.stoppedAtMs === undefined
              ? []
              : [{ ms: each.stoppedAtMs, order: 1, act: () => void ledger.stop(`${id}`, each.stoppedAtMs!) }]),
          ]);
          const ledger = new Ledger(window);
          const questions = at.map((ms) => ({ ms, order: 2, act: () => check(ms) }));
          const check = (ms: number): void => {
            const known = history.filter(({ startedAtMs }) => startedAtMs <= ms);
            let sum = 0;
            for (let jobset = 1; jobset <= 6; jobset++) {
              const [used, wanted] = [ledger.usedMs(jobset, ms), usedByDefinition(known, window, jobset, ms)];
              if (used !== wanted) throw new Error(`jobset ${jobset} at ${ms}: ${used} instead of ${wanted}`);
              sum += used;
            }
            const whole = known.reduce((all, each) => all + overlapMs(each, window, ms), 0);
            if (sum !== whole) throw new Error(`the parts at ${ms} add up to ${sum} instead of ${whole}`);
          };
          for (const { act } of [...acts, ...questions].sort((a, b) => a.ms - b.ms || a.order - b.order)) act();
        },
      ),
      { numRuns: 10_000, seed: 1 },
    );
  });
});
