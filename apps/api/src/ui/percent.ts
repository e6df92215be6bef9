/** A fraction (0 to 1) for people; a small one with a decimal, so that it is not taken for nothing. */
export const percent = (fraction: number): string =>
  `${(fraction * 100).toFixed(fraction > 0 && fraction < 0.1 ? 1 : 0)} %`;
