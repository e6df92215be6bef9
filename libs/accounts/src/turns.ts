/** Runs tasks one after the other. Undefined, at once, for whom so many wait already. */
export type Turns = <T>(task: () => Promise<T>) => Promise<T | undefined>;

/** `most`: tasks that run or wait. */
export const createTurns = (most: number): Turns => {
  let last: Promise<unknown> = Promise.resolve();
  let taken = 0;
  return async (task) => {
    if (taken >= most) return undefined;
    taken++;
    const mine = last.then(task);
    last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      taken--;
    }
  };
};
