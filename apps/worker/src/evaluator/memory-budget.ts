import { totalmem } from 'node:os';

const MIB = 1024 * 1024;
/** An evaluator that may use less could not load a large package set at all. */
const LEAST = 256;

/** Memory of this host or of its container, MiB. */
export const hostMemoryMb = (): number => {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return Math.floor((constrained > 0 && constrained < total ? constrained : total) / MIB);
};

/**
 * MiB that one evaluator process may take: what is configured, but never so much that all of them at their limit would take more
 * than four fifths of the host, where the kernel would end somebody else.
 */
export const memoryBudgetMb = (configuredMb: number, processes: number, hostMb: number): number =>
  Math.min(configuredMb, Math.max(LEAST, Math.floor((hostMb * 0.8) / Math.max(1, processes))));
