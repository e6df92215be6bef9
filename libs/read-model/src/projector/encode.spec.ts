import fc from 'fast-check';
import { encodeRows } from './encode.js';

describe('rows as a parameter', () => {
  it('lose no character but NUL and half surrogate pairs, at any depth', () => {
    const rows = [{ a: 'x\0y', 'k\0': ['\ud800', { deep: 'ok \\u0000 😀' }] }];
    expect(JSON.parse(encodeRows(rows))).toEqual([{ a: 'x�y', 'k�': ['�', { deep: 'ok \\u0000 😀' }] }]);
  });
  it('have whole numbers in their columns and any number inside a value', () => {
    expect(JSON.parse(encodeRows([{ ms: 1.6, big: 1e300, n: null, metrics: [{ value: 0.5 }] }]))).toEqual([
      { ms: 2, big: Number.MAX_SAFE_INTEGER, n: null, metrics: [{ value: 0.5 }] },
    ]);
  });
  it('are otherwise what they were', () => {
    const text = fc.string({ unit: 'binary' }).filter((s) => !s.includes('\0'));
    fc.assert(
      fc.property(fc.array(fc.record({ text, nested: fc.array(text), n: fc.integer() })), (rows) => {
        expect(JSON.parse(encodeRows(rows))).toEqual(rows);
      }),
    );
  });
});
