import { clockFrom } from '../src/clock.js';
import type { Clock } from '../src/clock.js';

/** A clock that stands still until told to move. Starts at 2026-01-01T00:00:00.000Z unless told otherwise. */
export const manualClock = (startMs = 1_767_225_600_000): Clock & { advance: (ms: number) => void } => {
  let now = startMs;
  return {
    ...clockFrom(() => now),
    advance: (ms) => {
      now += ms;
    },
  };
};
