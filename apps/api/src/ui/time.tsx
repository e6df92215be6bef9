const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

const inUnits = (
  seconds: number,
  [large, size]: readonly [string, number],
  [small, part]: readonly [string, number],
): string => {
  const rest = Math.floor((seconds % size) / part);
  return `${Math.floor(seconds / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
};

/** A length of time in its two largest units: `2 h 5 min`; `2 h` where nothing is left. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (ms > 0 && ms < 1000) return `${Math.max(1, Math.round(ms))} ms`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return inUnits(seconds, ['min', 60], ['s', 1]);
  if (seconds < 86_400) return inUnits(seconds, ['h', 3600], ['min', 60]);
  return inUnits(seconds, ['d', 86_400], ['h', 3600]);
};

/** A window of time, the last 24 hours mostly, in whole hours where it is whole: `24 h`, not `1 d`. */
export const windowWords = (ms: number): string => (ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : duration(ms));

/** `3 minutes ago`, or `in 5 seconds`. */
export const relative = (ms: number, now: number): string => {
  const away = Math.abs(now - ms);
  const [unit, size] = UNITS.find(([, size]) => away >= size) ?? ['second', 1000];
  const count = Math.floor(away / size);
  if (unit === 'second' && count < 5) return 'just now';
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return now >= ms ? `${words} ago` : `in ${words}`;
};

/** A moment (Unix milliseconds): machine-readable, exact on hover, in words of distance. */
export const Time = ({ ms, now }: { ms: number; now: number }): JSX.Element => {
  const iso = new Date(ms).toISOString();
  return (
    <time datetime={iso} title={`${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`} safe>
      {relative(ms, now)}
    </time>
  );
};

/** How long something has been going on, from a moment (Unix milliseconds) on; live.js counts on. */
export const Elapsed = ({ sinceMs, now }: { sinceMs: number; now: number }): JSX.Element => (
  <time datetime={new Date(sinceMs).toISOString()} data-elapsed="" safe>
    {duration(now - sinceMs)}
  </time>
);
