/** What the caller gave cannot be used: the message names it and the rule. Exit code 2. */
export class BadInputError extends Error {
  override readonly name = 'BadInputError';
}
