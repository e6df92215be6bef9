import type { BuildView } from '#read-model';

const MADE = new Set<BuildView['status']>(['succeeded', 'failed-with-output', 'nar-size-limit-exceeded']);

/** Whether a build came to its outputs, good or bad. */
export const madeOutputs = ({ status }: Pick<BuildView, 'status'>): boolean => MADE.has(status);
