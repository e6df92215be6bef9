import { z } from 'zod';
import type { DispatchCursor, DispatchView } from '#read-model';
import { ruleOf } from './decided.js';

const RULE = 'must be the next of another page';
const MAX_INT = 2_147_483_647;

/** Where a list goes on, as the page before said it. */
export const cursorParam = z
  .string(RULE)
  .regex(/^\d{1,15}-\d{1,10}-\d{1,10}$/, RULE)
  .transform((text): DispatchCursor => {
    const [startedAtMs, buildId, nr] = text.split('-').map(Number);
    return { startedAtMs: startedAtMs!, buildId: buildId!, nr: nr! };
  })
  .refine(({ buildId, nr }) => buildId <= MAX_INT && nr <= MAX_INT, RULE);

export const cursorOf = ({ startedAtMs, buildId, nr }: DispatchCursor): string => `${startedAtMs}-${buildId}-${nr}`;

/** `project:jobset`. */
export const jobsetParam = z
  .string()
  .regex(/^[^:]{1,255}:[^:]{1,255}$/, 'must be project:jobset')
  .refine((text) => !text.includes('\0'), 'must be project:jobset')
  .transform((text) => {
    const [project, jobset] = text.split(':');
    return { project: project!, jobset: jobset! };
  });

export type JobsetNames = ReadonlyMap<number, Readonly<{ project: string; jobset: string }>>;

/** A choice of the queue runner. Times are Unix milliseconds; `dispatch` holds the numbers as they stand in the log. */
export const dispatchJson = (one: DispatchView, names: JobsetNames): Record<string, unknown> => {
  const { buildId, nr, drvPath, attempt, system, machine, slot, status, startedAtMs, stoppedAtMs, dispatch } = one;
  const of = names.get(dispatch.jobsetId);
  return {
    build: buildId,
    step: nr,
    drvPath,
    attempt,
    system,
    machine,
    slot,
    status: status ?? 'running',
    startedAtMs,
    stoppedAtMs,
    jobset: { id: dispatch.jobsetId, project: of?.project ?? null, name: of?.jobset ?? null },
    policy: dispatch.policy,
    rule: ruleOf(dispatch),
    dispatch,
  };
};
