import type { Deletion } from '#read-model';
import type { Html } from './answer.js';

/** What a client did wrong, or what keeps us from answering: the only exception that controllers throw on purpose. */
export type ProblemDetails = Readonly<{
  /** part of the request that broke a rule, as the client spelt it */
  field?: string;
  /** the rule it broke */
  rule?: string;
  headers?: Readonly<Record<string, string>>;
  /** further facts for machines, such as the current revision */
  facts?: Readonly<Record<string, unknown>>;
  /** of a 404: what it was that was deleted; who asks is told what he may know of it */
  deletion?: Deletion;
  /** what its page shows instead of the refusal alone, such as the form that was sent */
  html?: Html;
}>;

export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    message: string,
    readonly details: ProblemDetails = {},
  ) {
    super(message);
  }
}

/** 400: a part of the request that no schema takes. */
export const badInput = (field: string, rule: string): Problem => new Problem(400, `${field} ${rule}`, { field, rule });

/** 404: `what` as people call it, `field` the part of the request that named it. */
export const notFound = (what: string, field?: string): Problem =>
  new Problem(
    404,
    `there is no ${what}`,
    field === undefined ? {} : { field, rule: 'must name something that exists' },
  );

/** As `notFound`, of what may have been deleted. */
export const notThere = (what: string, field: string, deletion: Deletion | undefined): Problem => {
  const { status, message, details } = notFound(what, field);
  return new Problem(status, message, { ...details, ...(deletion ? { deletion } : {}) });
};

/** 401: nobody is signed in. Hydra answers 403 here; clients that only look for 4xx see no difference. */
export const signInFirst = (): Problem => new Problem(401, 'you must sign in to do this');

/** 403: somebody is, but may not. */
export const notAllowed = (needs: string): Problem => new Problem(403, `you may not do this: it takes ${needs}`);
