import type { EventSource, RecordedEvent } from '../src/index.js';
import type { HistoryEvent } from './random-history.js';

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A history as a log hands it out: positions grow by three, so that nobody counts on there being no gaps. */
export const recorded = (history: readonly HistoryEvent[]): RecordedEvent[] => {
  const revisions = new Map<string, number>();
  return history.map(({ stream, event, at }, i) => {
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    const metadata = {
      v: 1,
      at,
      actor: { kind: 'system', id: 'test' },
      via: 'test',
      correlationId: uuid(i),
      causationId: uuid(i),
    } as const;
    return { id: uuid(i), stream, revision, position: BigInt(3 * (i + 1)), ...event, metadata };
  });
};

/** A log that is all there from the start; `batchSize` events come at a time, whatever the reader asks for. */
export const logInMemory = (events: readonly RecordedEvent[], batchSize: number): EventSource => {
  const head = () => events.at(-1)?.position ?? 0n;
  return {
    head: async () => head(),
    readAll: async function* ({ after = 0n, to = head(), types }) {
      const wanted = events.filter(
        ({ position, type }) => position > after && position <= to && (types === undefined || types.includes(type)),
      );
      for (let i = 0; i < wanted.length; i += batchSize) yield wanted.slice(i, i + batchSize);
    },
    subscribe: async ({ after, signal }, handle) => {
      const wanted = events.filter(({ position }) => position > after);
      if (wanted.length === 0) await handle({ events: [], position: after, caughtUp: true });
      for (let i = 0; i < wanted.length && !signal.aborted; i += batchSize) {
        const batch = wanted.slice(i, i + batchSize);
        const { position } = batch.at(-1)!;
        await handle({ events: batch, position, caughtUp: position === head() });
      }
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
};
