/** Why an evaluation as a whole came to nothing. */
export type EvaluationCause =
  | 'parse-error'
  | 'missing-file'
  | 'throw'
  | 'assertion'
  | 'abort'
  | 'stack-overflow'
  | 'out-of-memory'
  | 'timed-out'
  | 'cancelled'
  | 'not-a-job-set'
  | 'aggregate'
  | 'crash'
  | 'evaluation-error';

/** The evaluation failed as a whole; `message` is Nix's own, where it is Nix that failed. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  constructor(
    readonly kind: EvaluationCause,
    message: string,
  ) {
    super(message);
  }
}

const PATTERNS: readonly (readonly [RegExp, EvaluationCause])[] = [
  [/syntax error|undefined variable/, 'parse-error'],
  [/evaluation aborted/, 'abort'],
  [/^error: assertion/m, 'assertion'],
  [/stack overflow/, 'stack-overflow'],
  [/out of memory|Cannot allocate|bad_alloc/i, 'out-of-memory'],
  [
    /getting status of|opening file|No such file or directory|does not exist|is not in the Nix search path/,
    'missing-file',
  ],
];

/** The cause that Nix's message tells. `threw`: a throw or an assertion, as `tryEval` found. */
export const causeOf = (message: string, threw: boolean): EvaluationCause => {
  if (threw) return /^error: assertion/m.test(message) ? 'assertion' : 'throw';
  return PATTERNS.find(([pattern]) => pattern.test(message))?.[1] ?? 'evaluation-error';
};
