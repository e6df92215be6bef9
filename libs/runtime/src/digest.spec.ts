import fc from 'fast-check';
import { jsonDigest } from './digest.js';

describe('the digest of a JSON value', () => {
  it('does not depend on the order of keys, and survives being sent as JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(jsonDigest(turned)).toBe(jsonDigest(value));
        expect(jsonDigest(JSON.parse(JSON.stringify(value)))).toBe(jsonDigest(value));
      }),
    );
    expect(jsonDigest({ a: [1, 2] })).not.toBe(jsonDigest({ a: [2, 1] }));
  });
});
