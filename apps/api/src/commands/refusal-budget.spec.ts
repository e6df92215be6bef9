import { BURST, REFILL_MS, RefusalBudget } from './refusal-budget.js';

describe('the budget of refusals', () => {
  let now = 0;
  let budget: RefusalBudget;
  beforeEach(() => {
    now = 1_000_000;
    budget = new RefusalBudget(() => now);
  });
  const take = (times: number, userId = 'u1'): number =>
    Array.from({ length: times }, () => budget.take(userId)).filter((written) => written).length;

  it('has a burst written down and no more, of each user for itself', () => {
    expect(take(BURST + 10)).toBe(BURST);
    expect(take(3, 'u2')).toBe(3);
  });

  it('has one more written down each minute, up to the burst', () => {
    take(BURST);
    now += REFILL_MS - 1;
    expect(take(1)).toBe(0);
    now += 1;
    expect(take(2)).toBe(1);
    now += 1000 * REFILL_MS;
    expect(take(2 * BURST)).toBe(BURST);
  });

  it('tells how many were left out, and from when to when, once they may be written down again', () => {
    take(BURST);
    now += 10;
    take(3);
    now += 10;
    take(4);
    expect(budget.takeSuppressed()).toEqual([]);
    now += REFILL_MS;
    expect(budget.takeSuppressed()).toEqual([{ userId: 'u1', count: 7, sinceMs: 1_000_010, untilMs: 1_000_020 }]);
    expect(budget.takeSuppressed()).toEqual([]);
  });

  it('counts what it tells as one that was written down', () => {
    take(BURST + 1);
    now += REFILL_MS;
    budget.takeSuppressed();
    expect(take(1)).toBe(0);
  });

  it('tells all at the end', () => {
    take(BURST + 2);
    take(BURST + 1, 'u2');
    expect(budget.takeSuppressed(true).map(({ userId, count }) => [userId, count])).toEqual([
      ['u1', 2],
      ['u2', 1],
    ]);
  });

  it('forgets users where there are many, but not what is still to be told of them', () => {
    take(BURST + 1, 'loud');
    for (let i = 0; i < 20_000; i++) budget.take(`quiet${i}`);
    expect(budget.takeSuppressed(true)).toMatchObject([{ userId: 'loud', count: 1 }]);
  });
});
