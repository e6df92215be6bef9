/**
 * Milliseconds since 1970 by the start of this process and its steady clock: wrong after a host slept, which a server that
 * checks signatures tells.
 */
export const steadyNow = (): number => performance.timeOrigin + performance.now();
