import { type Durations, quantileBound } from '#read-model';
import { duration } from './time.js';

/** Below what a part (0 to 1) of some durations lies: `less than 15 min`; empty where there are none. */
export const belowWords = (durations: Durations, part: number): string => {
  const bound = quantileBound(durations, part);
  if (bound === undefined) return '';
  return bound === Infinity ? 'more than 30 d' : `less than ${duration(bound)}`;
};
