/** Name grammars: the same as Hydra's, so that its URLs and clients keep working. */
import type { Rejection } from './kernel.js';

/** Longest name accepted: a stream name and a URL must hold two of them. */
export const MAX_NAME_LENGTH = 255;

const PROJECT_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const JOBSET_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const INPUT_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** The jobset of a declarative project that Hydra reserves. */
export const DECLARATIVE_JOBSET = '.jobsets';

const check =
  (grammar: RegExp, rule: string) =>
  (field: string, value: string): Rejection<'invalid-name'> | undefined => {
    if (value.length === 0) return { rejected: 'invalid-name', field, detail: 'must not be empty' };
    if (value.length > MAX_NAME_LENGTH)
      return { rejected: 'invalid-name', field, detail: `must have at most ${MAX_NAME_LENGTH} characters` };
    return grammar.test(value) ? undefined : { rejected: 'invalid-name', field, detail: rule };
  };

/** Letters, digits, `_` and `-`, not starting with a digit or `-`. */
export const checkProjectName = check(
  PROJECT_NAME,
  'must start with a letter or _ and hold only letters, digits, _ and -',
);

/** As a project's name, and `.`, but not in front. */
export const checkJobsetName = check(
  JOBSET_NAME,
  'must start with a letter or _ and hold only letters, digits, _, - and .',
);

/** A letter, then letters, digits, `_` and `-`. */
export const checkInputName = check(INPUT_NAME, 'must start with a letter and hold only letters, digits, _ and -');
