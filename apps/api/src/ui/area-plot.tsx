const WIDTH = 720;
const HEIGHT = 120;

/** A point of a plot: parts of its width from the left, and of its height from the bottom, 0 to 1. */
export type PlotPoint = Readonly<{ x: number; y: number }>;

/** A line with the area under it, drawn on the server; `label` says in a sentence what is seen. `zero`: the height that stands for 0. */
export const AreaPlot = ({
  label,
  points,
  zero = 0,
}: {
  label: string;
  points: readonly PlotPoint[];
  zero?: number;
}): JSX.Element => {
  const across = (x: number): string => (x * WIDTH).toFixed(1);
  const up = (y: number): string => (HEIGHT - y * HEIGHT).toFixed(1);
  const line = points.map(({ x, y }) => `${across(x)},${up(y)}`);
  const [only] = points;
  // A moment alone has no length that could be seen.
  if (only && points.every(({ x }) => x === only.x)) line.push(`${WIDTH},${up(points.at(-1)!.y)}`);
  return (
    <svg viewBox={`0 -4 ${WIDTH} ${HEIGHT + 8}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <polygon class="plot-area" points={`0,${up(zero)} ${line.join(' ')} ${WIDTH},${up(zero)}`} />
      <polyline class="plot-line" points={line.join(' ')} />
    </svg>
  );
};
