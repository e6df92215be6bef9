import { BadInputError } from './errors.js';

const UNIT = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of `30d`, `24h`, `15m`, `90s`, `2w` or `0`. Throws `BadInputError`, which names the option. */
export const parseDuration = (option: string, text: string): number => {
  const [, number, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * UNIT[unit as keyof typeof UNIT];
  if (text === '0') return 0;
  throw new BadInputError(`${option}: must be a time like 30d, 24h, 15m or 0, not '${text}'`);
};

/** `12.3 MB`, for people. */
export const inBytes = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
};
