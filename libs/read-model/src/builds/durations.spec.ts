import fc from 'fast-check';
import { addDurations, countDurations, DURATION_BOUNDS, noDurations, quantileBound } from './durations.js';

/** As `width_bucket` counts. */
const histogram = (all: readonly number[]): number[] => {
  const counts = noDurations();
  for (const ms of all) counts[DURATION_BOUNDS.filter((bound) => bound <= ms).length]!++;
  return counts;
};

describe('a histogram of durations', () => {
  it('has bounds that rise, by no more than a half from 2 s on', () => {
    for (const [at, bound] of DURATION_BOUNDS.entries()) {
      const before = DURATION_BOUNDS[at - 1] ?? 0;
      expect(bound).toBeGreaterThan(before);
      if (before >= 2000) expect([bound, bound / before <= 1.5]).toEqual([bound, true]);
    }
  });

  it('knows a quantile to its bucket: never less than it is, and the next lower bound is not above it', () => {
    const durations = fc.array(fc.integer({ min: 0, max: 40 * 86_400_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.95, 1), (all, part) => {
        const exact = all.toSorted((a, b) => a - b)[Math.ceil(part * all.length) - 1]!;
        const bound = quantileBound(histogram(all), part)!;
        expect(bound).toBeGreaterThan(exact);
        expect(DURATION_BOUNDS.filter((one) => one < bound).at(-1) ?? 0).toBeLessThanOrEqual(exact);
      }),
    );
  });

  it('of nothing has no quantile, and beyond the last bound it knows none', () => {
    expect(quantileBound(noDurations(), 0.5)).toBeUndefined();
    expect(quantileBound(histogram([31 * 86_400_000]), 0.5)).toBe(Infinity);
  });

  it('is added up', () => {
    const both = addDurations([histogram([10, 5000]), histogram([5000])]);
    expect([countDurations(both), quantileBound(both, 0.5), quantileBound(both, 0.3)]).toEqual([3, 7000, 1000]);
    expect(addDurations([])).toEqual(noDurations());
  });
});
