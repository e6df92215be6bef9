import type { ResolvedInput } from '#domain';
import type { BuildView, EvaluationView } from '#read-model';

/** An input, and what the expression is told of a build that it stands for. */
export type ReproducibleInput = ResolvedInput & Readonly<{ version?: string; outputName?: string }>;

/** Whether the log says what an evaluation was made from; one that was imported from elsewhere may lack it. */
export const isReproducible = (evaluation: EvaluationView | undefined): evaluation is EvaluationView =>
  evaluation !== undefined && (evaluation.flake !== null || evaluation.expression !== null);

/** Inputs of an evaluation with what the evaluator told of `builds`, those that they stand for (hydra-reference 4.2). */
export const withBuilds = (
  inputs: readonly ResolvedInput[],
  builds: readonly Pick<BuildView, 'id' | 'releaseName' | 'nixName' | 'outputs'>[],
): readonly ReproducibleInput[] =>
  inputs.map((input) => {
    const of = builds.find(({ id }) => id === input.buildId);
    if (!of) return input;
    const [outputName] = Object.entries(of.outputs).find(([, path]) => path === input.storePath) ?? [];
    return {
      ...input,
      version: of.releaseName ?? of.nixName,
      ...(outputName === undefined ? {} : { outputName }),
    };
  });
