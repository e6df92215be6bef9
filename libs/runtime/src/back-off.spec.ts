import fc from 'fast-check';
import { backOff, backOffDelay } from './back-off.js';

const options = { firstMs: 100, factor: 2, maxMs: 10_000, jitter: 0.5 };

describe('back-off', () => {
  it('doubles from the first wait up to the longest, where chance takes nothing away', () => {
    const waits = backOff(options, () => 0);
    expect(Array.from({ length: 9 }, () => waits.next())).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000,
    ]);
  });

  it('starts again after a success', () => {
    const waits = backOff(options, () => 0);
    waits.next();
    waits.next();
    waits.reset();
    expect(waits.attempts()).toBe(0);
    expect(waits.next()).toBe(100);
  });

  it('never waits longer than allowed, nor less than the jitter leaves', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, chance) => {
          const full = backOffDelay(attempt, { ...options, jitter: 0 }, () => chance);
          const wait = backOffDelay(attempt, options, () => chance);
          expect(wait).toBeLessThanOrEqual(full);
          expect(wait).toBeGreaterThanOrEqual(Math.floor(full * 0.5));
          expect(full).toBeLessThanOrEqual(options.maxMs);
        },
      ),
    );
  });
});
