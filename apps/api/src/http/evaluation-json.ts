import type { EvaluationView } from '#read-model';
import { seconds } from './hydra.js';

/** Hydra's JobsetEval. */
export const evaluationJson = (evaluation: EvaluationView, builds: readonly number[]): Record<string, unknown> => ({
  id: evaluation.id,
  timestamp: seconds(evaluation.finishedAtMs ?? evaluation.startedAtMs),
  checkouttime: seconds(evaluation.checkoutMs ?? 0),
  evaltime: seconds(evaluation.evaluationMs ?? 0),
  hasnewbuilds: evaluation.hasNewBuilds ? 1 : 0,
  flake: evaluation.flake,
  builds,
  jobsetevalinputs: Object.fromEntries(
    evaluation.inputs.map(({ name, type, value, uri, revision, buildId }) => [
      name,
      { type, uri: uri ?? null, revision: revision ?? null, value, dependency: buildId ?? null },
    ]),
  ),
});

/** Hydra's Evaluations: one page of a list. `page` counts from 1. */
export const evaluationsJson = (
  evaluations: readonly EvaluationView[],
  builds: ReadonlyMap<number, readonly number[]>,
  page: number,
  pages: number,
): Record<string, unknown> => ({
  evals: evaluations.map((one) => evaluationJson(one, builds.get(one.id) ?? [])),
  first: '?page=1',
  last: `?page=${pages}`,
  ...(page < pages ? { next: `?page=${page + 1}` } : {}),
  ...(page > 1 ? { previous: `?page=${page - 1}` } : {}),
});
