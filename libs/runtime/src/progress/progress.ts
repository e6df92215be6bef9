import type { Clock } from '../clock.js';

/** Where progress is shown: `process.stderr` or anything like it. */
export type ProgressStream = Readonly<{ write: (text: string) => unknown; isTTY?: boolean; columns?: number }>;

export type ProgressOptions = Readonly<{
  label: string;
  /** How many there are; left out when not known beforehand. */
  total?: number;
  stream: ProgressStream;
  clock: Clock;
  /** Least time between two lines of a log, in milliseconds; default 2000. A terminal's bar moves at most every 100 ms. */
  intervalMs?: number;
}>;

/** `update` is cheap: it may be called for every item. `finish` always shows the last state. */
export type Progress = Readonly<{ update: (done: number, note?: string) => void; finish: (note?: string) => void }>;

const BAR = 24;
const ERASE_LINE = '\r\u001b[2K';

const seconds = (ms: number): string =>
  ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;

const bar = (done: number, total: number): string => {
  const filled = Math.min(BAR, Math.floor((BAR * done) / Math.max(1, total)));
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] `;
};

/** A bar that rewrites its line on a terminal; whole lines, now and then, in a log. */
export const createProgress = (options: ProgressOptions): Progress => {
  const { label, total, stream, clock } = options;
  const tty = stream.isTTY === true;
  const interval = tty ? 100 : (options.intervalMs ?? 2000);
  const started = clock.now();
  let shownAt = -Infinity;
  let last = 0;

  const line = (note?: string): string => {
    const elapsed = clock.now() - started;
    const rate = elapsed > 0 ? `, ${Math.round((last * 1000) / elapsed)}/s` : '';
    const count =
      total === undefined ? `${last}` : `${last}/${total} (${Math.floor((100 * last) / Math.max(1, total))} %)`;
    const left =
      total !== undefined && last > 0 && last < total ? `, ${seconds((elapsed * (total - last)) / last)} left` : '';
    const text = `${label} ${tty && total !== undefined ? bar(last, total) : ''}${count}${rate}${left}${note ? `  ${note}` : ''}`;
    return tty ? ERASE_LINE + text.slice(0, (stream.columns ?? 120) - 1) : `${text}\n`;
  };

  return {
    update: (done, note) => {
      last = done;
      if (clock.now() - shownAt < interval) return;
      shownAt = clock.now();
      stream.write(line(note));
    },
    finish: (note) =>
      void stream.write(`${line(note ?? `done in ${seconds(clock.now() - started)}`)}${tty ? '\n' : ''}`),
  };
};
