import type { BuildView } from '#read-model';
import { madeOutputs } from '../builds/made-outputs.js';
import { Problem } from '../http/problem.js';

/** Why there is nothing of a build's outputs in the store: 404 where there never was, 410 where there is none any more. */
export const noOutput = ({ status }: Pick<BuildView, 'status'>): Problem => {
  const of = (code: number, message: string): Problem => new Problem(code, message, { field: 'id', rule: message });
  if (status === null) return of(404, 'the build is not finished: it has no output yet');
  if (!madeOutputs({ status })) return of(404, 'the build made no output');
  return of(410, 'the output is not in the store of this host any more; a binary cache may have it');
};
