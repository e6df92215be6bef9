import { stepPath } from '../steps/step.json.js';
import { plural } from '../ui/bytes.js';
import { derivationName } from '../ui/derivation-name.js';
import { StatusBadge, toneOf } from '../ui/status.js';
import { duration } from '../ui/time.js';
import type { Span } from './waterfall.js';

const WIDTH = 1000;
/** Of a row, as app.css has it for the names. */
const ROW = 24;
/** Rows that can be taken in; the table below has them all. */
const MOST = 40;
/** A run that is too short to be seen still is. */
const LEAST = 3;

const sentence = (spans: readonly Span[], totalMs: number): string => {
  const longest = spans.reduce((one, other) =>
    other.endedAtMs - other.startedAtMs > one.endedAtMs - one.startedAtMs ? other : one,
  );
  const { step, waitedFromMs, startedAtMs, endedAtMs } = longest;
  const name = derivationName(step.drvPath);
  const words = `waited ${duration(startedAtMs - waitedFromMs)} and ran ${duration(endedAtMs - startedAtMs)}.`;
  return spans.length === 1
    ? `One step: ${name} ${words}`
    : `${plural(spans.length, 'step')} in ${duration(totalMs)}. The longest, ${name}, ${words}`;
};

/** What a build's steps waited for and how long they ran, a row each; the table of steps has the same numbers. */
export const Waterfall = ({ spans, sinceMs }: { spans: readonly Span[]; sinceMs: number }): JSX.Element => {
  const [first] = spans;
  if (!first) return '';
  const untilMs = Math.max(...spans.map(({ endedAtMs }) => endedAtMs));
  const totalMs = Math.max(1, untilMs - sinceMs);
  const x = (ms: number): number => Math.round(((ms - sinceMs) / totalMs) * WIDTH);
  const rows = spans.slice(0, MOST);
  const label = sentence(spans, totalMs);
  return (
    <figure class="waterfall">
      <figcaption>
        <span safe>{label}</span>{' '}
        <span class="muted">
          Thin: waited for its inputs or for a slot; thick: ran.
          {spans.length > MOST && <span>{` The first ${MOST} are drawn.`}</span>}
        </span>
      </figcaption>
      <div class="rows">
        <ol>
          {rows.map(({ step }) => (
            <li>
              <StatusBadge status={step.status ?? 'running'} short />{' '}
              <a href={stepPath(step)} title={step.drvPath} safe>
                {derivationName(step.drvPath)}
              </a>
            </li>
          ))}
        </ol>
        <svg
          viewBox={`0 0 ${WIDTH} ${rows.length * ROW}`}
          height={String(rows.length * ROW)}
          preserveAspectRatio="none"
          role="img"
          aria-label={label}
        >
          {rows.map(({ step, waitedFromMs, startedAtMs, endedAtMs }, index) => {
            const start = Math.min(x(startedAtMs), WIDTH - LEAST);
            return (
              <>
                <rect
                  class="waited"
                  x={String(x(waitedFromMs))}
                  y={String(index * ROW + 10)}
                  width={String(Math.max(0, start - x(waitedFromMs)))}
                  height="4"
                />
                <rect
                  class={`ran ${toneOf(step.status ?? 'running')}`}
                  x={String(start)}
                  y={String(index * ROW + 4)}
                  width={String(Math.max(LEAST, x(endedAtMs) - start))}
                  height="16"
                />
              </>
            );
          })}
        </svg>
      </div>
    </figure>
  );
};
