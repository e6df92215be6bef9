import type { Refused } from '../ui/fields.js';
import type { Html } from './answer.js';
import { Problem } from './problem.js';

/**
 * Does what a form asks for. What it is refused for (400 and 409) stands in the form that comes back with all that was written: nobody
 * types it twice. For JSON it is the refusal that it is anyway.
 */
export const orFormAgain = async <T>(order: () => Promise<T>, form: (refused: Refused) => Html): Promise<T> => {
  try {
    return await order();
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 400 && error.status !== 409)) throw error;
    const { status, message, details } = error;
    throw new Problem(status, message, {
      ...details,
      html: form({ message, field: details.field, rule: details.rule }),
    });
  }
};
