import { randomUUID } from 'node:crypto';
import type { Command, CommandContext, Decider, Event } from '#domain';

export type Counted = Event<'Counted', { by: number; total: number }>;
export type Count = Command<'Count', { by: readonly number[] }>;
export const counterVersions = { Counted: { current: 2, lift: { 1: (data: unknown) => data } } };

/** Adds each number; refuses to go below zero; nothing to add is no event. */
export const counter: Decider<number, Count, Counted, 'below-zero'> = {
  initial: 0,
  decide: ({ data }, total) => {
    if (total + data.by.reduce((a, b) => a + b, 0) < 0) return { rejected: 'below-zero', field: 'by' };
    return data.by.map((by) => ({ type: 'Counted', data: { by, total: (total += by) } }));
  },
  evolve: (total, { data }) => total + data.by,
};

export const count = (...by: readonly number[]): Count => ({
  type: 'Count',
  at: '2026-01-02T03:04:05.000Z',
  data: { by },
});

export const context = (over: Partial<CommandContext> = {}): CommandContext => ({
  commandId: randomUUID(),
  actor: { kind: 'user', id: 'u1' },
  via: 'rest',
  correlationId: 'c1',
  causationId: 'c0',
  ...over,
});
