import { plural } from '../ui/bytes.js';
import type { Point } from './series.json.js';

const WIDTH = 720;
const HEIGHT = 120;

const day = (timestamp: number): string => new Date(timestamp * 1000).toISOString().slice(0, 10);

/** A series over time as a plot; its numbers stand in the table of its page. `format`: a value for people. */
export const SeriesPlot = (props: {
  id: string;
  title: string;
  points: readonly Point[];
  format: (value: number) => string;
}): JSX.Element => {
  const { id, title, points, format } = props;
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return '';
  const values = points.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // From zero, so that a change looks as large as it is.
  const [bottom, top] = [Math.min(0, least), Math.max(0, most)];
  const span = top - bottom || 1;
  const time = last.timestamp - first.timestamp;
  const x = (timestamp: number): string => (((timestamp - first.timestamp) / (time || 1)) * WIDTH).toFixed(1);
  const y = (value: number): string => (HEIGHT - ((value - bottom) / span) * HEIGHT).toFixed(1);
  const line = points.map(({ timestamp, value }) => `${x(timestamp)},${y(value)}`);
  // A moment alone has no length that could be seen.
  if (time === 0) line.push(`${WIDTH},${y(last.value)}`);
  const label = `${title}: ${format(last.value)} at last, ${format(least)} to ${format(most)} over ${plural(points.length, 'build')}`;
  return (
    <figure class="series" id={id}>
      <figcaption safe>{label}</figcaption>
      <div class="plot-y" aria-hidden="true">
        <span safe>{format(top)}</span>
        <span safe>{format(bottom)}</span>
      </div>
      <svg viewBox={`0 -4 ${WIDTH} ${HEIGHT + 8}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <polygon class="plot-area" points={`0,${y(0)} ${line.join(' ')} ${WIDTH},${y(0)}`} />
        <polyline class="plot-line" points={line.join(' ')} />
      </svg>
      <div class="plot-x" aria-hidden="true">
        <span safe>{day(first.timestamp)}</span>
        <span safe>{day(last.timestamp)}</span>
      </div>
    </figure>
  );
};
