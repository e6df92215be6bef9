import { getEvaluation, getJobset, jobsetsDue, type Queryable, runningEvaluations } from '#read-model';
import { candidateTimes, type EvaluatorQueries } from './run-evaluator.js';

/** The evaluator's questions to the read models. */
export const evaluatorQueries = (db: Queryable): EvaluatorQueries => ({
  due: async (atMs) =>
    (await jobsetsDue(db, atMs)).map(({ jobsetId, project, name, triggerAtMs, lastCheckedAtMs }) => ({
      jobsetId,
      project,
      name,
      ...candidateTimes(triggerAtMs, lastCheckedAtMs),
    })),
  running: () => runningEvaluations(db),
  isFinished: async (project, name, evaluationId) => {
    const jobset = await getJobset(db, project, name);
    // A read model that has not heard of the evaluation cannot know of its builds.
    if (jobset?.lastEvaluationId !== evaluationId) return false;
    const evaluation = await getEvaluation(db, evaluationId);
    return evaluation !== undefined && (!evaluation.hasNewBuilds || evaluation.queued === 0);
  },
});
