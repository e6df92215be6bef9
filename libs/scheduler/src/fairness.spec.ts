import fc from 'fast-check';
import { backlog, hashed, simulateAll, type Simulated } from '../testing/farms.js';
import { type Interval, usedByDefinition } from '../testing/oracle.js';

const LONGEST = 100;

const shares = fc.integer({ min: 20, max: 300 });
const slots = fc.integer({ min: 1, max: 3 });
const salt = fc.nat(10_000);
const msOf = (seed: number) => (drvPath: string) => 1 + hashed(`${seed} ${drvPath}`, LONGEST);

/** Attempts of a jobset, or of several. */
const attemptsOf = ({ events }: Simulated, jobsetIds: readonly number[]): Interval[] => {
  const found = new Map<string, Interval>();
  for (const event of events) {
    if (event.kind === 'started' && jobsetIds.includes(event.dispatch.jobsetId))
      found.set(event.drvPath, { jobsetIds: [1], startedAtMs: event.atMs });
    if (event.kind === 'ended' && found.has(event.drvPath))
      found.set(event.drvPath, { ...found.get(event.drvPath)!, stoppedAtMs: event.atMs });
  }
  return [...found.values()];
};

describe('two jobsets that are backlogged over the whole window', () => {
  /**
   * With S slots and steps of at most L: |used1/shares1 - used2/shares2| <= S * L * (1/shares1 + 1/shares2), which is the longest
   * step's worth, of both jobsets, for each slot. For: a jobset only gains on the other by steps that began when it was not
   * ahead, at most S run at once, each takes at most L, and what leaves the window meanwhile is at most S * L of the other.
   */
  it('have used their shares but for the longest step in each slot', () => {
    const window = 1000;
    fc.assert(
      fc.property(fc.tuple(shares, shares), slots, salt, ([first, second], count, seed) => {
        const jobsets = [first, second].map((weight, i) => ({
          jobsetId: i + 1,
          shares: weight,
          fromMs: i * 300,
          count: 200 * count,
        }));
        const input = backlog({ jobsets, slots: count, untilMs: 3500, msOf: msOf(seed) });
        const run = simulateAll(input, { policy: 'window', windowMs: window, clampCreditMs: 0 });
        const [mine, theirs] = [attemptsOf(run, [1]), attemptsOf(run, [2])];
        const bound = count * LONGEST * (1 / first + 1 / second);
        for (let atMs = 300 + window; atMs <= 3500; atMs += 13) {
          const used = (of: readonly Interval[]): number =>
            usedByDefinition(
              of.filter(({ startedAtMs }) => startedAtMs <= atMs),
              window,
              1,
              atMs,
            );
          const [one, two] = [used(mine), used(theirs)];
          expect(one + two).toBe(count * window);
          expect(Math.abs(one / first - two / second)).toBeLessThanOrEqual(bound);
        }
      }),
      { numRuns: 30, seed: 4 },
    );
  });
});

describe('under the policy clamped', () => {
  /**
   * A jobset i with a runnable step that any slot can build starts one after at most
   *
   *     (N + 1) * L + W * (L / shares_i + credit / (100 * S))
   *
   * where L is the longest attempt, S the slots, N the number of the other jobsets and W the sum of their shares; no bumps, no steps of
   * several jobsets, shares as they are; the rounding of a thousandth of a millisecond for each attempt aside.
   *
   * For: i's key is at most V + S * L / shares_i, since V reached its key when it was last chosen and no more than S of its steps ran since.
   * While it waits its key stands still and only keys up to it are chosen. Each other jobset is lifted to V - credit when it is
   * chosen, so up to its last choice it uses at most shares_j * (S * L / shares_i + credit / 100), and after that S * L. What ran before
   * takes S * L at most. All S slots are busy meanwhile: the sum of that, divided by S, is the time.
   */
  const boundMs = (own: number, others: readonly number[], count: number, creditMs: number): number => {
    const sum = others.reduce((a, b) => a + b, 0);
    return (others.length + 1) * LONGEST + sum * (LONGEST / own + creditMs / (100 * count));
  };

  /** Longest time that each jobset waited with a runnable step. */
  const waits = (run: Simulated, jobsets: readonly Readonly<{ jobsetId: number; fromMs: number; count: number }>[]) =>
    jobsets.map(({ jobsetId, fromMs, count }) => {
      let [since, longest, left] = [fromMs, 0, count];
      for (const event of run.events) {
        if (event.kind !== 'started' || event.dispatch.jobsetId !== jobsetId) continue;
        longest = Math.max(longest, event.atMs - since);
        [since, left] = [event.atMs, left - 1];
      }
      return left > 0 ? Math.max(longest, run.result.endedAtMs - since) : longest;
    });

  it('each backlogged jobset is served within the bound, whoever used an idle farm before', () => {
    const jobset = fc.record({ shares, fromMs: fc.nat(6000), count: fc.integer({ min: 1, max: 120 }) });
    fc.assert(
      fc.property(
        fc.array(jobset, { minLength: 2, maxLength: 6 }),
        slots,
        salt,
        fc.nat(300),
        (wishes, count, seed, clampCreditMs) => {
          const jobsets = wishes.map((wish, i) => ({ ...wish, jobsetId: i + 1 }));
          const input = backlog({ jobsets, slots: count, untilMs: 20_000, msOf: msOf(seed) });
          const run = simulateAll(input, { policy: 'clamped', windowMs: 5000, clampCreditMs });
          waits(run, jobsets).forEach((waited, i) => {
            const others = jobsets.filter((_, at) => at !== i).map((each) => each.shares);
            expect(waited).toBeLessThanOrEqual(boundMs(jobsets[i]!.shares, others, count, clampCreditMs));
          });
        },
      ),
      { numRuns: 120, seed: 9 },
    );
  });

  it('who used an idle farm for half a window goes on at once, where the policy window locks it out', () => {
    const jobsets = [
      { jobsetId: 1, shares: 100, fromMs: 0, count: 400 },
      { jobsetId: 2, shares: 100, fromMs: 5000, count: 400 },
    ];
    const input = backlog({ jobsets, slots: 1, untilMs: 12_000, msOf: msOf(1) });
    const [clamped, window] = ['clamped', 'window'].map(
      (policy) => waits(simulateAll(input, { policy, windowMs: 10_000, clampCreditMs: 200 }), jobsets)[0]!,
    );
    const bound = boundMs(100, [100], 1, 200);
    expect(bound).toBe(500);
    expect(clamped).toBeLessThanOrEqual(bound);
    expect(window).toBeGreaterThan(2400);
  });
});

describe('nothing is gained', () => {
  /**
   * By splitting a jobset into two of half its shares: at no moment have both together had more than max(2, K) * S * L over what the one would have
   * had against the same K rivals, all of them backlogged, on S slots with steps of at most L. That is the grain of steps that
   * are not taken apart, the same after an hour as after a year: not a share.
   */
  it.each(['window', 'clamped'])('by splitting a jobset into two of half the shares (%s)', (policy) => {
    fc.assert(
      fc.property(
        shares,
        fc.array(shares, { minLength: 1, maxLength: 3 }),
        slots,
        salt,
        (half, rivals, count, seed) => {
          const untilMs = 8000;
          const used = (parts: readonly number[], weight: number): Interval[] => {
            const all = [...parts.map(() => weight), ...rivals];
            const jobsets = all.map((each, i) => ({ jobsetId: i + 1, shares: each, fromMs: 0, count: 200 * count }));
            const input = backlog({ jobsets, slots: count, untilMs, msOf: msOf(seed) });
            const run = simulateAll(input, { policy, windowMs: 10 * untilMs, clampCreditMs: 50 });
            return attemptsOf(run, parts);
          };
          const [one, two] = [used([1], 2 * half), used([1, 2], half)];
          for (let atMs = 0; atMs <= untilMs; atMs += 53) {
            const sum = (of: readonly Interval[]): number =>
              usedByDefinition(
                of.filter(({ startedAtMs }) => startedAtMs <= atMs),
                untilMs,
                1,
                atMs,
              );
            expect(sum(two) - sum(one)).toBeLessThanOrEqual(Math.max(2, rivals.length) * count * LONGEST);
          }
        },
      ),
      { numRuns: 20, seed: 2 },
    );
  });

  /** The step is there already, with its rank: the very same choices follow. */
  it.each(['window', 'clamped'])('by submitting the same derivations again and again (%s)', (policy) => {
    fc.assert(
      fc.property(
        fc.tuple(shares, shares),
        slots,
        salt,
        fc.integer({ min: 1, max: 4 }),
        (weights, count, seed, times) => {
          const jobsets = weights.map((weight, i) => ({ jobsetId: i + 1, shares: weight, fromMs: 0, count: 60 }));
          const input = backlog({ jobsets, slots: count, untilMs: 9000, msOf: msOf(seed) });
          const again = [...input.happenings].flatMap((each) =>
            each.kind === 'build' && each.build.jobsetId === 1
              ? [each, ...Array.from({ length: times }, (_, i) => copy(each, i + 1))]
              : [each],
          );
          const starts = (of: typeof input): unknown[] =>
            simulateAll(of, { policy, windowMs: 2000, clampCreditMs: 50 }).events.flatMap((each) =>
              each.kind === 'started' ? [{ ...each, atMs: each.atMs }] : [],
            );
          expect(starts({ ...input, happenings: again })).toEqual(starts(input));
        },
      ),
      { numRuns: 20, seed: 2 },
    );
  });
});

const copy = <T extends { build: { buildId: number } }>(happening: T, nr: number): T => ({
  ...happening,
  build: { ...happening.build, buildId: happening.build.buildId + nr * 1_000_000 },
});
