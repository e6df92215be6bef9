import { z } from 'zod';
import type { AnswerHandler } from '#coordination';
import { type Clock, hostLoad } from '#runtime';
import { explainBuild } from '#scheduler';
import type { Dispatcher } from './dispatcher.js';
import type { Farm } from './farm.js';
import type { SlotPools } from './slot-pools.js';

const question = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('why'), buildId: z.int() }),
  z.object({ kind: z.literal('status') }),
]);

export type DoorParts = Readonly<{
  term: string;
  /** of the term, Unix milliseconds */
  sinceMs: number;
  farm: Farm;
  dispatcher: Pick<Dispatcher, 'running'>;
  pools: Pick<SlotPools, 'takenOf'>;
  clock: Clock;
}>;

/**
 * Answers from what is in memory: `why` a build is where it is, by the numbers that will decide (`BuildExplanation`, or nothing
 * where the build is not in the graph), and the leader's own `status`. Throws on what is no such question.
 */
export const answerOf = (parts: DoorParts): AnswerHandler => {
  const { farm, clock } = parts;
  return (asked) => {
    const wanted = question.parse(asked);
    return wanted.kind === 'why' ? explainBuild(farm.scheduler, wanted.buildId, clock.now()) : statusOf(parts);
  };
};

const statusOf = async ({ term, sinceMs, farm, dispatcher, pools, clock }: DoorParts) => {
  const { scheduler, graph, builds, pending } = farm;
  return {
    status: 'up',
    term,
    sinceMs,
    atMs: clock.now(),
    policy: scheduler.options.policy,
    builds: builds.size,
    /** builds that are not in the graph yet */
    pending: pending.size,
    steps: graph.size.steps,
    runnable: graph.runnable.size,
    running: dispatcher.running,
    /** of this process, which is the machine `localhost` */
    host: await hostLoad(),
    machines: scheduler.machines.all().map(({ machine, enabled, disabledUntilMs }) => ({
      name: machine.name,
      slots: machine.slots,
      taken: pools.takenOf(machine.name),
      enabled,
      ...(disabledUntilMs > clock.now() ? { disabledUntilMs } : {}),
    })),
  };
};
