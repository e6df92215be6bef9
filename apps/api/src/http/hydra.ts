import { z } from 'zod';

/** Unix seconds, as Hydra's times, of Unix milliseconds. */
export const seconds = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1000));

/** `true` or `false`; also 1 and 0, which Hydra's forms send. False means false. */
export const flag = () =>
  z
    .union([z.boolean(), z.literal([0, 1, '0', '1'])], 'must be true or false')
    .transform((value) => value === true || value === 1 || value === '1');
