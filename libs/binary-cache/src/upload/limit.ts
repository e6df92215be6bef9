/** At most `count` at once; the others wait in the order of their calls. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

export const createLimit = (count: number): Limit => {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};

/** At most so much at once, by the weight of each call; the others wait in the order of their calls. */
export const createBudget = (total: number): (<T>(weight: number, work: () => Promise<T>) => Promise<T>) => {
  let free = total;
  const waiting: Readonly<{ weight: number; begin: () => void }>[] = [];
  const admit = (): void => {
    for (let first = waiting[0]; first !== undefined && first.weight <= free; first = waiting[0]) {
      free -= first.weight;
      waiting.shift();
      first.begin();
    }
  };
  return async (wanted, work) => {
    const weight = Math.min(wanted, total);
    await new Promise<void>((begin) => {
      waiting.push({ weight, begin });
      admit();
    });
    try {
      return await work();
    } finally {
      free += weight;
      admit();
    }
  };
};

/** One at a time for each key, told whether it had to wait; different keys do not wait for each other. */
export const createKeyedLock = (): (<T>(key: string, work: (waited: boolean) => Promise<T>) => Promise<T>) => {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key);
    const turn = (before ?? Promise.resolve()).then(() => work(before !== undefined));
    const settled = turn.catch(() => undefined);
    last.set(key, settled);
    try {
      return await turn;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
};

/**
 * Runs `work` on every item, each only after those that `after` names (items that are not among them count as done). After
 * the first failure nothing new begins; it is thrown once what runs has settled. `items` come in an order that has
 * dependencies first.
 */
export const runInOrder = async <T>(
  items: readonly T[],
  id: (item: T) => string,
  after: (item: T) => readonly string[],
  limitOf: (item: T) => Limit,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const done = new Map<string, Promise<void>>();
  let failed = false;
  let failure: unknown;
  for (const item of items) {
    const before = after(item).flatMap((other) => done.get(other) ?? []);
    const run = Promise.all(before).then(() =>
      limitOf(item)(async () => {
        if (failed) return;
        try {
          await work(item);
        } catch (error) {
          if (!failed) failure = error;
          failed = true;
        }
      }),
    );
    done.set(id(item), run);
  }
  await Promise.all(done.values());
  if (failed) throw failure;
};
