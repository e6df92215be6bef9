/**
 * How far a consumer came that handles events side by side: the place before the oldest one that is still open. Whoever
 * starts there again sees every open event, and some that were handled.
 */
export type LowWaterMark = Readonly<{
  /** An event is taken up; events come in their order. */
  begin: (position: bigint) => void;
  /** It is handled. */
  end: (position: bigint) => void;
  /** Everything up to here was taken up, events that nobody asked for included. */
  reach: (position: bigint) => void;
  value: () => bigint;
}>;

export const createLowWaterMark = (start: bigint): LowWaterMark => {
  let reached = start;
  /** Open events in their order, each with the place before it. */
  const open = new Map<bigint, bigint>();
  return {
    begin: (position) => {
      open.set(position, reached);
      reached = position;
    },
    end: (position) => void open.delete(position),
    reach: (position) => {
      if (position > reached) reached = position;
    },
    value: () => (open.size === 0 ? reached : open.values().next().value!),
  };
};
