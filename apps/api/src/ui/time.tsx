const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** A length of time in its two largest units: `2 h 5 min`. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (ms > 0 && ms < 1000) return `${Math.max(1, Math.round(ms))} ms`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
};

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
