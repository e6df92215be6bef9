import { estimate } from './progress.js';

describe('the estimate of what an evaluation still takes', () => {
  it('is the recorded time of its unfinished jobs, divided by how many run at a time', () =>
    expect(estimate(4, { looked: 4, known: 4, knownMs: 1_200_000, running: 2 })).toBe(
      'Estimate: about 10 min left with 2 builds at a time as now, from the newest recorded times of 4 of 4 unfinished jobs.',
    ));
  it('takes jobs without a recorded time for as long as the others', () =>
    expect(estimate(10, { looked: 4, known: 2, knownMs: 120_000, running: 1 })).toContain(
      'about 10 min left with 1 build',
    ));
  it('is machine time while nothing runs', () =>
    expect(estimate(1, { looked: 1, known: 1, knownMs: 5000, running: 0 })).toBe(
      'Estimate: about 5 s of machine time, from the newest recorded times of 1 of 1 unfinished job; none of it runs now.',
    ));
  it('is none where no time was recorded', () => {
    expect(estimate(3, { looked: 3, known: 0, knownMs: 0, running: 1 })).toBeUndefined();
    expect(estimate(0, { looked: 0, known: 0, knownMs: 0, running: 0 })).toBeUndefined();
  });
});
