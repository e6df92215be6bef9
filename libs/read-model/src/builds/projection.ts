import { onEvaluation } from '../evaluations/statements.js';
import { EVALUATION_DDL, EVALUATION_TABLES } from '../evaluations/tables.js';
import type { Projection } from '../projection.js';
import { onBuild } from './statements.js';
import { BUILD_DDL, BUILD_TABLES } from './tables.js';

/**
 * Builds, the queue, and the evaluations that they are members of: one projection, because an evaluation's numbers follow from
 * its builds, and what is read while projecting must be rebuilt together.
 */
export const builds: Projection = {
  name: 'builds',
  version: 4,
  types: [
    'EvaluationStarted',
    'EvaluationJobsFound',
    'EvaluationErrorsFound',
    'EvaluationRan',
    'EvaluationSkipped',
    'SpecificationApplied',
    'EvaluationFailed',
    'EvaluationReleased',
    'ReleaseRevoked',
    'BuildQueued',
    'BuildFinished',
    'BuildCancelled',
    'BuildRestarted',
    'BuildBumped',
    'BuildKept',
    'BuildUnkept',
  ],
  tables: [...EVALUATION_TABLES, ...BUILD_TABLES],
  ddl: EVALUATION_DDL + BUILD_DDL,
  on: (event) => [...onEvaluation(event), ...onBuild(event)],
};
