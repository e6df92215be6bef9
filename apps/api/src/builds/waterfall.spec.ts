import type { StepView } from '#read-model';
import { spansOf } from './waterfall.js';

const step = (nr: number, drvPath: string, startedAtMs: number | null, stoppedAtMs: number | null): StepView =>
  ({ nr, drvPath, startedAtMs, stoppedAtMs }) as StepView;
const spans = (steps: readonly StepView[]) =>
  spansOf(steps, 100, 1000).map(({ step: { nr }, waitedFromMs, startedAtMs, endedAtMs }) => [
    nr,
    waitedFromMs,
    startedAtMs,
    endedAtMs,
  ]);

describe('the steps of a build over time', () => {
  it('wait from when it was queued, stand in the order of their starts, and run up to now', () => {
    expect(spans([step(2, 'b', 300, null), step(1, 'a', 200, 400)])).toEqual([
      [1, 100, 200, 400],
      [2, 100, 300, 1000],
    ]);
  });
  it('wait for another attempt from the end of the one before', () => {
    expect(spans([step(1, 'a', 200, 400), step(2, 'a', 450, 500)])).toEqual([
      [1, 100, 200, 400],
      [2, 400, 450, 500],
    ]);
  });
  it('are not those of an earlier run, or of which nothing ran', () => {
    expect(spans([step(1, 'a', 50, 90), step(2, 'b', null, 200)])).toEqual([]);
  });
});
