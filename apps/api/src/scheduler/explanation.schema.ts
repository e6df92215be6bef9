import { z } from 'zod';
import type { BuildExplanation, Rival, StepExplanation, Wait } from '#scheduler';

const number = z.number();
const text = z.string();

const rival: z.ZodType<Rival> = z.object({
  drvPath: text,
  jobsetId: number,
  lowestBuildId: number,
  rule: z.enum(['bump', 'share', 'priority', 'features', 'dependents', 'build-id', 'name']),
  ours: number,
  theirs: number,
});

const wait = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('running'), machine: text, sinceMs: number }),
  z.object({ kind: z.literal('dependency'), inputs: z.array(text), count: number }),
  z.object({ kind: z.literal('retry'), atMs: number }),
  z.object({ kind: z.literal('unsupported'), system: text.optional(), features: z.array(text) }),
  z.object({
    kind: z.literal('machines-away'),
    machines: z.array(z.object({ name: text, disabledUntilMs: number.optional() })),
  }),
  z.object({ kind: z.literal('ranked'), rank: number, ahead: z.array(rival), freeSlots: number }),
]) as z.ZodType<Wait>;

const step = z.object({ drvPath: text, system: text, features: z.array(text), wait }) as z.ZodType<StepExplanation>;

/** What the queue runner answers about an unfinished build; null: it does not know the build, or not yet. */
export const explanationSchema = z
  .object({
    buildId: number,
    jobsetId: number,
    atMs: number,
    policy: text,
    standing: z.object({ usedMs: number, shares: number, tag: number.optional() }),
    globalPriority: number,
    localPriority: number,
    counts: z.object({ running: number, runnable: number, delayed: number, blocked: number }),
    top: step,
    steps: z.array(step),
  })
  .nullable() as z.ZodType<BuildExplanation | null>;
