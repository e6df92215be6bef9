import type { EvaluationView } from '#read-model';

/** Whether the log says what an evaluation was made from; one that was imported from elsewhere may lack it. */
export const isReproducible = (evaluation: EvaluationView | undefined): evaluation is EvaluationView =>
  evaluation !== undefined && (evaluation.flake !== null || evaluation.expression !== null);
