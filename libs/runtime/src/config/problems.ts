import type { z } from 'zod';

/** One thing wrong with the configuration: where, and the rule it breaks. Never the value: it may be a secret. */
export type ConfigProblem = Readonly<{ key: string; rule: string }>;

/** The configuration cannot be used. The message names every problem, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(({ key, rule }) => `${key}: ${rule}`).join('\n'));
  }
}

/** `s3backup[0].jobs` from the parts of a path. */
const join = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');

/** zod's issues as problems; an unknown key is one problem under its own name. */
export const problemsOf = (error: z.ZodError, where: (path: string) => string): ConfigProblem[] =>
  error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ key: where(join([...issue.path, key])), rule: 'unknown key' }))
      : [{ key: where(join(issue.path)), rule: issue.message }],
  );
