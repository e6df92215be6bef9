import { z } from 'zod';
import { parseDuration } from '../duration.js';
import { BadInputError } from '../errors.js';

const TIME = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** Unix milliseconds of an ISO 8601 time or date (UTC). Throws `BadInputError`, which names the option. */
export const parseTime = (option: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const parsed = TIME.safeParse(text);
  if (parsed.success) return Date.parse(parsed.data);
  throw new BadInputError(`${option}: must be a time like 2026-01-31 or 2026-01-31T12:00:00Z, not '${text}'`);
};

/** `--from` and `--to`, in order. */
export const parseInterval = (options: Readonly<{ from?: string; to?: string }>) => {
  const [fromMs, toMs] = [parseTime('--from', options.from), parseTime('--to', options.to)];
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs)
    throw new BadInputError(`--to: must be later than --from`);
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
};

/** `--window 48h`; Unix milliseconds. */
export const parseWindow = (text: string): number => {
  const ms = parseDuration('--window', text);
  if (ms < 60_000 || ms > 8760 * 3_600_000) throw new BadInputError('--window: must be from 1m to 365d');
  return ms;
};

/** What `NAME=NUMBER` says, each name once. `rule` says what a value must be. */
const assignments = (option: string, texts: readonly string[], name: RegExp, example: string, most: number) => {
  const found = new Map<string, number>();
  for (const text of texts) {
    const [, key, value] = /^([^=]+)=(\d{1,9})$/.exec(text) ?? [];
    if (key === undefined || !name.test(key))
      throw new BadInputError(`${option}: must look like ${example}, not '${text}'`);
    const number = Number(value);
    if (number < 1 || number > most) throw new BadInputError(`${option}: ${key} must get a number from 1 to ${most}`);
    if (found.has(key)) throw new BadInputError(`${option}: ${key} is given twice`);
    found.set(key, number);
  }
  return found;
};

export const parseShares = (texts: readonly string[]): ReadonlyMap<string, number> =>
  assignments('--shares', texts, /^[^:=\s]+:[^:=\s]+$/, 'project:jobset=200', 100_000_000);

export const parseSlots = (texts: readonly string[]): ReadonlyMap<string, number> =>
  assignments('--slots', texts, /^[A-Za-z0-9_]+-[A-Za-z0-9_-]+$/, 'x86_64-linux=8', 1024);

export const parsePolicy = (text: string): string => {
  if (['hydra', 'window', 'clamped'].includes(text)) return text;
  throw new BadInputError(`--policy: must be hydra (or window, the same) or clamped, not '${text}'`);
};
