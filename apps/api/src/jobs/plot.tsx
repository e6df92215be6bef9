import { AreaPlot } from '../ui/area-plot.js';
import { plural } from '../ui/bytes.js';
import type { Point } from './series.json.js';

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
  const time = last.timestamp - first.timestamp || 1;
  const height = (value: number): number => (value - bottom) / span;
  const shown = points.map(({ timestamp, value }) => ({ x: (timestamp - first.timestamp) / time, y: height(value) }));
  const label = `${title}: ${format(last.value)} at last, ${format(least)} to ${format(most)} over ${plural(points.length, 'build')}`;
  return (
    <figure class="series" id={id}>
      <figcaption safe>{label}</figcaption>
      <div class="plot-y" aria-hidden="true">
        <span safe>{format(top)}</span>
        <span safe>{format(bottom)}</span>
      </div>
      <AreaPlot label={label} points={shown} zero={height(0)} />
      <div class="plot-x" aria-hidden="true">
        <span safe>{day(first.timestamp)}</span>
        <span safe>{day(last.timestamp)}</span>
      </div>
    </figure>
  );
};
