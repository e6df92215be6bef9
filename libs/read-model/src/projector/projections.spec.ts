import fc from 'fast-check';
import { recorded } from '../../testing/log-in-memory.js';
import { randomHistory } from '../../testing/random-history.js';
import type { Recorded } from '../projection.js';
import { PROJECTIONS } from './projections.js';

describe('the projections', () => {
  const events = fc
    .sample(randomHistory(400), { numRuns: 12, seed: 7 })
    .flatMap((history) => recorded(history)) as Recorded[];

  it.each(PROJECTIONS.map((projection) => [projection.name, projection] as const))(
    '%s answers to the events that it names, and to no other',
    (_, { name, types, on }) => {
      const answered = new Set(events.filter((event) => on(event).length > 0).map(({ type }) => type));
      expect([...answered].filter((type) => !types.includes(type))).toEqual([]);
      // Told of elsewhere: no random history holds them.
      const account = [
        'TokenCreated',
        'TokenRevoked',
        'PasswordChanged',
        'NewsPosted',
        'NewsDeleted',
        'UserDeleted',
        'FetchCacheCleared',
        'RejectionsSuppressed',
        'CommandRejected',
      ];
      const rare = ['JobsetCloned', 'ProjectRenamed', 'ReleaseRevoked', ...account];
      // Those of a duty are no act of anybody.
      if (name === 'audit') rare.push('BackupRequested');
      expect(types.filter((type) => !answered.has(type) && !rare.includes(type))).toEqual([]);
    },
  );

  it('have tables of different names, each made by its own', () => {
    const tables = PROJECTIONS.flatMap((projection) => projection.tables);
    expect(new Set(tables).size).toBe(tables.length);
    for (const { tables: own, ddl } of PROJECTIONS)
      expect([...ddl.matchAll(/create table (\w+)/g)].map(([, name]) => name).sort()).toEqual([...own].sort());
  });
});
