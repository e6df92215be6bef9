import type { Dispatch } from '#domain';
import { decided, ruleOf } from './decided.js';

const dispatch: Dispatch = {
  policy: 'window',
  globalPriority: 0,
  jobsetId: 1,
  usedMs: 7_200_000,
  shares: 300,
  localPriority: 100,
  features: 1,
  dependents: 4,
  lowestBuildId: 12,
  runnable: 9,
};
const basis = { term: 't', nr: 1, seen: 's', clamp: { virtual: 5, tag: 4 } };

describe('a dispatch', () => {
  it('was decided by being alone, by a bump, or by the turn of its jobset', () => {
    expect(ruleOf({ ...dispatch, runnable: 1, globalPriority: 5 })).toBe('only');
    expect(ruleOf({ ...dispatch, globalPriority: 5 })).toBe('bump');
    expect(ruleOf(dispatch)).toBe('share');
  });
  it('says so with its numbers', () => {
    expect(decided(dispatch, 'p:j')).toBe(
      'It was the turn of p:j, the jobset furthest below its share: it had used 2 h of machine time in the window, at 300 shares (policy window). In it this step came first, by priority (100), then required features (1), then steps that wait for it (4), then the lowest build (#12). 9 steps could be started.',
    );
    expect(decided({ ...dispatch, globalPriority: 5 }, 'p:j')).toContain('bumped steps go before all others');
    expect(decided({ ...dispatch, policy: 'clamped', basis }, 'p:j')).toContain('the jobset of the lowest tag (4)');
  });
});
