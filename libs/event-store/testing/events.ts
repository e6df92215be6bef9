import { randomUUID } from 'node:crypto';
import type { Metadata } from '#domain';
import type { EventRegistry, NewEvent } from '../src/index.js';

/** Types that only the tests know: `Lifted` was written in versions 1 and 2, and is read in version 3. */
export const testRegistry: EventRegistry = {
  versions: {
    Happened: { current: 1, lift: {} },
    Noted: { current: 1, lift: {} },
    Lifted: {
      current: 3,
      lift: {
        1: ({ name }: { name: string }) => ({ names: [name] }),
        2: ({ names }: { names: string[] }) => ({ names, count: names.length }),
      },
    },
  },
};

export const metadata = (over: Partial<Metadata> = {}): Metadata => ({
  v: 1,
  at: '2026-01-02T03:04:05.678Z',
  actor: { kind: 'system', id: 'test' },
  via: 'test',
  correlationId: '11111111-1111-5111-8111-111111111111',
  causationId: '22222222-2222-5222-8222-222222222222',
  ...over,
});

/** A new event with an id of its own. */
export const happened = (data: unknown = {}, over: Partial<NewEvent> = {}): NewEvent => ({
  id: randomUUID(),
  type: 'Happened',
  data,
  metadata: metadata(),
  ...over,
});

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
