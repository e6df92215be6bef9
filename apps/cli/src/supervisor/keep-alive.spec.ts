import { createLogger, systemClock } from '#runtime';
import { manualClock } from '../../../../libs/runtime/testing/manual-clock.js';
import { eventually } from '../../testing/fake-farm.js';
import { keepAlive } from './keep-alive.js';
import type { Exit, Running } from './running.js';

/** A process that ends when it is told to. */
const process_ = () => {
  let end: (exit: Exit) => void = () => undefined;
  const exited = new Promise<Exit>((resolve) => {
    end = resolve;
  });
  const running: Running = {
    pid: () => 1,
    exited,
    terminate: () => end({ code: 0, text: 'code 0' }),
    kill: () => end({ code: null, text: 'SIGKILL' }),
  };
  return { running, die: () => end({ code: 1, text: 'code 1' }) };
};

describe('a process that is kept alive', () => {
  const waits: number[] = [];
  const write = (line: string) => {
    const { waitMs } = JSON.parse(line) as { waitMs?: number };
    if (waitMs !== undefined) waits.push(waitMs);
  };
  const logger = createLogger({ app: 'test', write });
  beforeEach(() => void waits.splice(0));

  it('comes back quickly, then more slowly, and quickly again after five healthy seconds', async () => {
    const clock = manualClock();
    const started: ReturnType<typeof process_>[] = [];
    const start = () => {
      started.push(process_());
      return started.at(-1)!.running;
    };
    const kept = keepAlive({ name: 'x', start, clock, logger });
    for (const lived of [0, 1_000, 4_999, 5_000]) {
      const count = started.length;
      const last = await eventually('a start', () => (kept.current() ? started.at(-1) : undefined));
      clock.advance(lived);
      last.die();
      await eventually('the next', () =>
        started.length > Math.max(count, 1) || waits.length === 4 ? true : undefined,
      );
    }
    expect(waits).toEqual([100, 200, 400, 100]);
    await kept.stop(1000);
  });

  it('is tried again when it could not even be started', async () => {
    let tries = 0;
    const start = () => {
      tries += 1;
      if (tries < 3) throw new Error('no such program');
      return process_().running;
    };
    const kept = keepAlive({ name: 'x', start, clock: systemClock, logger });
    await eventually('the third try', kept.current);
    expect(waits).toEqual([100, 200]);
    await kept.stop(1000);
  });

  it('is not started again once it was stopped, not even out of its wait', async () => {
    let starts = 0;
    const start = () => {
      starts += 1;
      const one = process_();
      one.die();
      return one.running;
    };
    const kept = keepAlive({ name: 'x', start, clock: systemClock, logger });
    await eventually('the first wait', () => (waits.length > 0 ? true : undefined));
    await kept.stop(1000);
    const before = starts;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(starts).toBe(before);
    expect(kept.current()).toBeUndefined();
  });

  it('is killed when it does not end in time', async () => {
    const one = process_();
    const deaf: Running = { ...one.running, terminate: () => undefined };
    const kept = keepAlive({ name: 'x', start: () => deaf, clock: systemClock, logger });
    await eventually('its start', kept.current);
    await kept.stop(20);
    expect((await deaf.exited).text).toBe('SIGKILL');
  });
});
