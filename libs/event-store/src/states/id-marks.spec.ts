import fc from 'fast-check';
import { createIdMarks, markOf } from './id-marks.js';

/** Ids of few different beginnings, so that many share theirs. */
const ids = fc.array(fc.nat(7).map((n) => `0000000${n}-aaaa-4aaa-8aaa-aaaaaaaaaaaa`));

describe('marks of ids', () => {
  it('find every place of an id below a revision, in whatever portions they came', () => {
    fc.assert(
      fc.property(fc.array(ids), fc.nat(40), fc.nat(7), (portions, end, n) => {
        const marks = createIdMarks();
        for (const portion of portions) marks.add(portion.map(markOf));
        const all = portions.flat();
        const id = `0000000${n}-aaaa-4aaa-8aaa-aaaaaaaaaaaa`;
        expect(marks.count()).toBe(all.length);
        expect(marks.placesOf(id, end)).toEqual(all.flatMap((one, at) => (one === id && at < end ? [at] : [])));
      }),
    );
  });

  it('take four bytes an event and a quarter of spare room', () => {
    const marks = createIdMarks(Array.from({ length: 10_000 }, (_, i) => i));
    expect(marks.bytes()).toBe(40_000);
    marks.add([1]);
    expect(marks.bytes()).toBeLessThan(51_000);
  });
});
