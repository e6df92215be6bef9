import { z } from 'zod';

/** A lone surrogate: half a character, which no UTF-8 can carry. */
const LONE = /\p{Surrogate}/u;

/** Text of people: bounded, without NUL (which PostgreSQL cannot store), whole characters only. */
export const text = (max: number) =>
  z
    .string('must be a text')
    .max(max, `must have at most ${max} characters`)
    .refine((value) => !value.includes('\0'), 'must not hold a NUL character')
    .refine((value) => !LONE.test(value), 'must be valid Unicode');

/** A name in a URL that need not exist; what does not is a 404, so only its size and characters matter. */
export const nameParam = text(255).min(1, 'must not be empty');

/** A number in a URL that names a row: 1 to 2147483647. */
export const idParam = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'must be a whole number from 1 to 2147483647')
  .transform(Number)
  .refine((id) => id <= 2_147_483_647, 'must be a whole number from 1 to 2147483647');

/** A whole number in a query string, between bounds. */
export const numberParam = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z
    .string(rule)
    .regex(/^\d{1,9}$/, rule)
    .transform(Number)
    .refine((value) => value >= least && value <= most, rule);
};

/** A switch in a query string: Hydra counts its mere presence, so `?force`, `?force=1` and `?force=true` set it. */
export const flagParam = z
  .enum(['', '0', '1', 'true', 'false'], 'must be 1 or 0')
  .transform((value) => value !== '0' && value !== 'false');

/** Pages of lists, from 1. */
export const pageParam = numberParam(1, 1_000_000).default(1);
