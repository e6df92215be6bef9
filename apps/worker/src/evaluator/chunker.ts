/** When a chunk is full. */
export type ChunkLimits = Readonly<{
  maxBytes: number;
  maxCount: number;
  /** ms that an item waits at most */ maxWaitMs: number;
}>;

/** Gathers items into chunks and hands them on, one chunk at a time, in order. */
export type Chunker<T> = Readonly<{
  /** Resolves when there is room again: whoever awaits it is slowed to what `flush` takes. Throws what a flush threw. */
  add: (item: T, bytes: number) => Promise<void>;
  /** Flushes the rest. Throws what a flush threw. */
  end: () => Promise<void>;
  /** Drops the rest; a flush that runs is awaited, what it throws is not thrown again. */
  abandon: () => Promise<void>;
}>;

/**
 * A chunk goes out when it is full, or when its first item has waited `maxWaitMs`, so that progress is seen while the next job
 * takes its time. One item over `maxBytes` makes a chunk of its own.
 */
export const createChunker = <T>(limits: ChunkLimits, flush: (items: readonly T[]) => Promise<void>): Chunker<T> => {
  let items: T[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  let failed: { error: unknown } | undefined;
  let tail: Promise<void> = Promise.resolve();

  const send = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const chunk = items;
    if (chunk.length === 0) return tail;
    items = [];
    size = 0;
    tail = tail.then(async () => {
      if (failed) return;
      try {
        await flush(chunk);
      } catch (error) {
        failed = { error };
      }
    });
    return tail;
  };
  /** One chunk is written while the next fills; whoever fills a third waits. */
  const handOn = (): Promise<void> => {
    const before = tail;
    void send();
    return before;
  };
  const check = (): void => {
    if (failed) throw failed.error;
  };
  return {
    add: async (item, bytes) => {
      check();
      // Again after each wait: others may have added meanwhile.
      while (items.length > 0 && size + bytes > limits.maxBytes) await handOn();
      items.push(item);
      size += bytes;
      if (items.length >= limits.maxCount || size >= limits.maxBytes) await handOn();
      else timer ??= setTimeout(() => void send(), limits.maxWaitMs);
      check();
    },
    end: async () => {
      await send();
      check();
    },
    abandon: async () => {
      clearTimeout(timer);
      items = [];
      await tail;
    },
  };
};
