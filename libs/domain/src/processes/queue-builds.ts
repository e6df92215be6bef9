import type { BuildCommand } from '../build/index.js';
import type { EvaluationJobsFound } from '../evaluation/index.js';
import type { EvaluationRan } from '../jobset/index.js';

/** A command to one build's stream. */
export type BuildOrder = Readonly<{
  buildId: number;
  command: Extract<BuildCommand, { type: 'QueueBuild' | 'RestartBuild' }>;
}>;

/**
 * What an evaluation that ran leads to: its new builds are queued, and reused ones whose derivation changed are built again.
 * The same events give the same commands, so that it may run again after a crash: a build that is queued is not queued twice.
 */
export const buildsToQueue = (
  ran: EvaluationRan['data'],
  { jobs }: EvaluationJobsFound['data'],
  at: string,
): readonly BuildOrder[] => {
  const orders: BuildOrder[] = [];
  for (const { job, buildId, drvPath, outputs, description, replacesDrv, constituents } of jobs) {
    if (description) {
      const jobset = { id: ran.jobsetId, project: ran.project, name: ran.name };
      const described = { buildId, evaluationId: ran.evaluationId, jobset, job, drvPath, outputs, ...description };
      const data = constituents ? { ...described, constituents } : described;
      orders.push({ buildId, command: { type: 'QueueBuild', at, data } });
    } else if (replacesDrv) {
      orders.push({ buildId, command: { type: 'RestartBuild', at, data: { drvPath } } });
    }
  }
  return orders;
};
