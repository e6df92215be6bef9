import type { Refused } from '../ui/fields.js';
import { SUMMARIES } from '../openapi/summaries.js';
import { RefusedFormPage } from '../ui/refused-form.page.js';
import type { Html } from './answer.js';
import type { Incoming } from './incoming.js';
import { Problem } from './problem.js';

const isRefusal = ({ status }: Problem): boolean => status === 400 || status === 409;
const refusedOf = ({ message, details: { field, rule } }: Problem): Refused => ({ message, field, rule });

/**
 * Does what a form asks for. What it is refused for (400 and 409) stands in the form that comes back with all that was written: nobody
 * types it twice. For JSON it is the refusal that it is anyway.
 */
export const orFormAgain = async <T,>(order: () => Promise<T>, form: (refused: Refused) => Html): Promise<T> => {
  try {
    return await order();
  } catch (error) {
    if (!(error instanceof Problem) || !isRefusal(error)) throw error;
    const { status, message, details } = error;
    throw new Problem(status, message, { ...details, html: form(refusedOf(error)) });
  }
};

/** As a form sends what was written; what is no text is no form's. */
const written = (body: unknown): Readonly<Record<string, string | readonly string[]>> =>
  typeof body === 'object' && body !== null && !Buffer.isBuffer(body) ? { ...(body as Record<string, string>) } : {};

/**
 * The form of the door at which a page's form was refused, or in whose handler, with what was written. Undefined of what is refused
 * otherwise, no form sent, or may come from another site.
 */
export const refusedForm = (problem: Problem, request: Incoming): Html | undefined => {
  const { form, headers, method, url, body, params, routeOptions } = request;
  const isForm = /^application\/x-www-form-urlencoded/.test(headers['content-type'] ?? '');
  if (form === undefined || !isForm || method !== 'POST' || !isRefusal(problem)) return undefined;
  const refused = refusedOf(problem);
  const purpose = SUMMARIES[`POST ${routeOptions.url?.replaceAll(/:(\w+)/g, '{$1}')}`];
  return (page) => {
    const asked = { visitor: page.visitor, wantsReason: page.wantsReason, params: params as Record<string, unknown> };
    return (
      <RefusedFormPage
        {...{
          page,
          refused,
          action: url,
          form: { ...(purpose ? { title: purpose } : {}), ...form(asked) },
          sent: written(body),
        }}
      />
    );
  };
};
