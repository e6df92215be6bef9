import { z } from 'zod';
import { badInput } from '../http/problem.js';

const RULE = 'must be a time such as 2026-01-31T12:00Z (UTC where no zone is given), or Unix seconds';
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** A date alone is midnight, a time without a zone is UTC, as a form sends it. */
const millisecondsOf = (text: string): number => {
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  if (!ISO.test(text)) return Number.NaN;
  // Date.parse takes February 30 for March 2.
  const midnight = new Date(`${text.slice(0, 10)}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(text.slice(0, 10))) return Number.NaN;
  return Date.parse(/T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}${text.includes('T') ? '' : 'T00:00'}Z`);
};

/** A moment in a query string, as Unix milliseconds; left empty by a form: undefined. */
export const momentParam = z
  .string(RULE)
  .transform((text) => (text === '' ? undefined : millisecondsOf(text)))
  .refine((ms) => ms === undefined || (Number.isSafeInteger(ms) && ms >= 0), RULE)
  .optional();

/** Nobody knows what has not happened; the asker's clock may go before ours by a minute. */
export const notAhead = (field: string, ms: number | undefined, now: number): number => {
  if (ms !== undefined && ms > now + 60_000) throw badInput(field, 'must not lie in the future');
  return Math.floor(Math.min(ms ?? now, now));
};

/** `2026-01-31 12:00 UTC`, with seconds where there are any. */
export const utc = (ms: number): string => {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, iso.slice(17, 19) === '00' ? 16 : 19)} UTC`;
};
