import type { Tone } from './status.js';

const HEIGHT = 60;
const STEP = 10;
/** Fewer bars than this leave room: one alone is no wall. */
const LEAST = 12;

/**
 * Bars from left to right, each a stack of parts from the bottom up, drawn on the server. `stacks`: the parts of each bar, in any
 * unit; `tones`: the colour of each part. `label` says in a sentence what is seen; the numbers stand in a table beside it.
 */
export const Bars = ({
  label,
  caption,
  stacks,
  tones,
}: {
  label: string;
  caption: string;
  stacks: readonly (readonly number[])[];
  tones: readonly Tone[];
}): JSX.Element => {
  const most = Math.max(1, ...stacks.map((parts) => parts.reduce((sum, part) => sum + part, 0)));
  const width = Math.max(LEAST, stacks.length) * STEP;
  const rects = stacks.flatMap((parts, index) => {
    let top = HEIGHT;
    return parts.flatMap((part, tone) => {
      if (part <= 0) return [];
      // What there is, is seen, however small.
      const height = Math.max(1, (part / most) * HEIGHT);
      top -= height;
      return [{ x: index * STEP + 1, y: Math.max(0, top), height, tone: tones[tone]! }];
    });
  });
  return (
    <figure class="plot">
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {rects.map(({ x, y, height, tone }) => (
          <rect class={`bar-${tone}`} x={x} y={y.toFixed(1)} width={STEP - 2} height={height.toFixed(1)} />
        ))}
        <path class="plot-axis" d={`M0,0V${HEIGHT}H${width}`} />
      </svg>
      <figcaption safe>{caption}</figcaption>
    </figure>
  );
};

/** A row of a table's worth of history: small bars in a line of text; `label` holds all numbers. */
export const Sparkline = ({
  label,
  values,
  tone,
}: {
  label: string;
  values: readonly number[];
  tone: Tone;
}): JSX.Element => {
  const most = Math.max(1, ...values);
  return (
    <span class="spark" title={label}>
      <svg viewBox={`0 0 ${Math.max(LEAST, values.length) * 5} 20`} role="img" aria-label={label}>
        {values.map((value, index) => {
          const height = value <= 0 ? 1 : Math.max(2, (value / most) * 20);
          return (
            <rect
              class={value <= 0 ? 'bar-idle' : `bar-${tone}`}
              x={index * 5}
              y={(20 - height).toFixed(1)}
              width="4"
              height={height.toFixed(1)}
            />
          );
        })}
      </svg>
    </span>
  );
};
