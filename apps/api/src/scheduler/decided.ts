import type { Dispatch } from '#domain';
import { duration } from '../ui/time.js';

/** What put a step before all others: it was alone, its bump, or the turn of its jobset. */
export const ruleOf = ({ runnable, globalPriority }: Dispatch): 'only' | 'bump' | 'share' =>
  runnable <= 1 ? 'only' : globalPriority > 0 ? 'bump' : 'share';

/** The same in words, by the numbers that were recorded. `jobset`: what the jobset is called whose turn it was. */
export const decided = (dispatch: Dispatch, jobset: string): string => {
  const { policy, usedMs, shares, runnable, basis } = dispatch;
  const used = `it had used ${duration(usedMs)} of machine time in the window, at ${shares} shares`;
  switch (ruleOf(dispatch)) {
    case 'only':
      return `Nothing else could be started. Its jobset ${jobset}: ${used}.`;
    case 'bump':
      return `It was bumped: bumped steps go before all others, the latest bump first. ${runnable} steps could be started.`;
    case 'share': {
      const tag = policy === 'clamped' ? basis?.clamp?.tag : undefined;
      const turn = tag === undefined ? 'the jobset furthest below its share' : `the jobset of the lowest tag (${tag})`;
      return `It was the turn of ${jobset}, ${turn}: ${used} (policy ${policy}). ${inJobset(dispatch)}`;
    }
  }
};

/** The order inside a jobset: what stands first in it goes first. */
const inJobset = ({ localPriority, features, dependents, lowestBuildId, runnable }: Dispatch): string =>
  `In it this step came first, by priority (${localPriority}), then required features (${features}), then steps that wait for it (${dependents}), then the lowest build (#${lowestBuildId}). ${runnable} steps could be started.`;
