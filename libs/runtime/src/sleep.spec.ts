import { sleep } from './sleep.js';

describe('sleep', () => {
  it('ends at once when it is aborted, before or meanwhile', async () => {
    const controller = new AbortController();
    const meanwhile = sleep(3_600_000, controller.signal);
    controller.abort();
    await meanwhile;
    await sleep(3_600_000, controller.signal);
    expect(controller.signal.aborted).toBe(true);
  });

  it('takes its time otherwise', async () => {
    const before = performance.now();
    await sleep(20);
    expect(performance.now() - before).toBeGreaterThanOrEqual(18);
  });
});
