import fc from 'fast-check';
import { createLowWaterMark } from './low-water-mark.js';

describe('the low-water mark of events that are handled side by side', () => {
  it('stays before the oldest open event', () => {
    const mark = createLowWaterMark(5n);
    mark.begin(10n);
    mark.begin(20n);
    mark.reach(25n);
    mark.end(20n);
    expect(mark.value()).toBe(5n);
    mark.end(10n);
    expect(mark.value()).toBe(25n);
  });

  it('never leaves an open event behind, never goes back, and ends at what was reached', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.bigInt(1n, 5n), fc.nat(20))), (steps) => {
        const mark = createLowWaterMark(0n);
        const open: bigint[] = [];
        let position = 0n;
        let before = 0n;
        for (const [gap, pick] of steps) {
          position += gap;
          mark.begin(position);
          open.push(position);
          // Sometimes one of the open ones ends.
          if (pick < open.length) mark.end(open.splice(pick, 1)[0]!);
          const value = mark.value();
          expect(open.every((each) => each > value)).toBe(true);
          expect(value >= before).toBe(true);
          before = value;
        }
        for (const each of open) mark.end(each);
        expect(mark.value()).toBe(position);
      }),
    );
  });
});
