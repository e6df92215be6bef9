import { at, examples } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { bucket, mayDeleteForeign } from './decider.js';

const { given } = deciderSpec(bucket);
const { GarbageCondemned: condemned, GarbageCollected: collected } = examples;
const { left: _left, startedAtMs: _started, ...report } = collected.data;
const condemn = { type: 'CondemnGarbage', at, data: condemned.data } as const;
const end = { type: 'ReportCollection', at, data: report } as const;

describe('the collections of a bucket', () => {
  it('are told twice each: what was found, and what became of it', () => {
    given().when(condemn).then(condemned);
    given(condemned).when(end).then(collected);
  });

  it('are not told again by a command that is repeated', () => {
    given(condemned).when(condemn).thenNothing();
    given(condemned, collected).when(end).thenNothing();
    given(condemned, collected).when(condemn).thenNothing();
  });

  it('end only where they began', () => {
    given().when(end).thenRejected('collection-unknown');
    const other = { ...condemned, data: { ...condemned.data, target: { bucket: 'cache', prefix: 'other/' } } };
    given(other).when(end).thenRejected('collection-unknown');
  });

  it('may follow one that was killed', () => {
    const next = { ...condemned.data, collectionId: 'c2' };
    given(condemned)
      .when({ ...condemn, data: next })
      .then({ type: 'GarbageCondemned', data: next });
    given(condemned, { ...condemned, data: next })
      .when(end)
      .thenRejected('collection-unknown');
  });

  it('remember that strange objects may go, for each prefix by itself', () => {
    const said = { ...condemned, data: { ...condemned.data, deleteForeign: true } };
    const { prefix } = condemned.data.target;
    expect(mayDeleteForeign(given(condemned).state, prefix)).toBe(false);
    expect(mayDeleteForeign(given(said, collected, condemned).state, prefix)).toBe(true);
    expect(mayDeleteForeign(given(said, collected, condemned).state, '')).toBe(false);
  });
});
