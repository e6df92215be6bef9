import type {
  BackupRejection,
  BuildRejection,
  EvaluationRejection,
  JobsetRejection,
  MachineRejection,
  ProjectRejection,
  Rejection,
  UserRejection,
} from '#domain';
import { Problem } from '../http/problem.js';

export type AnyRejection =
  | ProjectRejection
  | JobsetRejection
  | BuildRejection
  | BackupRejection
  | EvaluationRejection
  | UserRejection
  | MachineRejection
  | 'wrong-expected-revision';

/** What each refusal is in HTTP, and in words. */
const TABLE: Readonly<Record<AnyRejection, readonly [status: number, words: string]>> = {
  'project-exists': [409, 'a project of this name exists'],
  'project-absent': [404, 'there is no such project'],
  'jobset-exists': [409, 'a jobset of this name exists'],
  'jobset-absent': [404, 'there is no such jobset'],
  'jobset-disabled': [409, 'the jobset is disabled; force evaluates it all the same'],
  'one-shot-spent': [409, 'the one-shot jobset had its evaluation; arm it again for another one'],
  'evaluation-running': [409, 'the jobset is being evaluated'],
  'evaluation-not-running': [409, 'the jobset is not being evaluated'],
  'evaluation-not-due': [409, 'the jobset is not due for an evaluation'],
  'chunk-out-of-order': [409, 'what the evaluation found is told in another order'],
  'evaluation-absent': [404, 'there is no such evaluation'],
  'already-released': [409, 'the evaluation is released under another name; revoke that first'],
  'not-released': [409, 'the evaluation is not released'],
  'build-absent': [404, 'there is no such build'],
  'build-finished': [409, 'the build is finished'],
  'build-not-finished': [409, 'the build is not finished'],
  'backup-not-requested': [409, 'no backup of the build was asked for'],
  'machine-exists': [409, 'a machine of this name exists'],
  'machine-not-found': [404, 'there is no such machine'],
  'machine-in-file': [409, 'the machines file says what it is: change it there'],
  'invalid-machine': [400, 'such a machine cannot be used'],
  'user-absent': [404, 'there is no such user'],
  'unknown-role': [400, 'this role is not known'],
  'invalid-name': [400, 'this name cannot be used'],
  'invalid-value': [400, 'this value cannot be used'],
  'wrong-expected-revision': [409, 'somebody changed it since you looked'],
};

/** A refusal as an answer: `rejected` is public API, `field` and `rule` name what to change. */
export const rejectionProblem = ({ rejected, field, detail }: Rejection<AnyRejection>): Problem => {
  const [status, words] = TABLE[rejected];
  if (rejected === 'wrong-expected-revision')
    return new Problem(status, words, {
      field: 'If-Match',
      rule: 'must be the current revision',
      facts: { rejected, revision: detail === 'no-stream' ? null : Number(detail) },
    });
  const message = field !== undefined && detail !== undefined ? `${field} ${detail}` : words;
  return new Problem(status, message, {
    ...(field === undefined ? {} : { field }),
    rule: detail ?? words,
    facts: { rejected },
  });
};

/** A push is about several jobsets: it goes on without those that were disabled, evaluated as a one-shot or deleted a moment ago. */
export const LEFT_OUT_OF_PUSHES: readonly AnyRejection[] = ['jobset-disabled', 'one-shot-spent', 'jobset-absent'];
