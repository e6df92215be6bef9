import fc from 'fast-check';
import { eventVersions } from '#domain';
import { randomHistory } from './random-history.js';

it('random histories hold every type of event that a projection hears', () => {
  const histories = fc.sample(randomHistory(400), { numRuns: 12, seed: 7 });
  const seen = new Set(histories.flatMap((history) => history.map(({ event }) => event.type)));
  // Other commands than these lead to them: the specs of the API and of the projections that hear them tell of them.
  const accounts = [
    'TokenCreated',
    'TokenRevoked',
    'PasswordChanged',
    'NewsPosted',
    'NewsDeleted',
    'UserDeleted',
    'FetchCacheCleared',
    'RejectionsSuppressed',
  ];
  const unheard = ['CommandRejected', 'JobsetCloned', 'ProjectRenamed', 'ReleaseRevoked', ...accounts];
  expect(Object.keys(eventVersions).filter((type) => !seen.has(type as never) && !unheard.includes(type))).toEqual([]);
});
