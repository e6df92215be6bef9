import { createHash } from 'node:crypto';

const sorted = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    : value;

/** SHA-256 (hex) of a JSON value written without blanks and with sorted keys: equal values have equal digests. */
export const jsonDigest = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(value, sorted) ?? 'undefined')
    .digest('hex');
