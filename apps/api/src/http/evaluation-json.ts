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
