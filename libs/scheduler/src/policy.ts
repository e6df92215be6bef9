import type { Ledger } from './ledger.js';

/** What ranks jobsets. A policy has a name, which is recorded with every choice made by it. */
export type Policy = Readonly<{
  name: string;
  /** Machine time that is held against the jobset at a moment, whole milliseconds: lowest per share goes first. */
  usedMs: (ledger: Ledger, jobsetId: number, atMs: number) => number;
}>;

/** Hydra's rule: all that was used inside the window, idle farm or not. */
export const windowPolicy: Policy = {
  name: 'window',
  usedMs: (ledger, jobsetId, atMs) => ledger.usedMs(jobsetId, atMs),
};

/** The policy of a name; throws on one that is not known. */
export const policyOf = ({ policy }: Readonly<{ policy: string }>): Policy => {
  if (policy === windowPolicy.name) return windowPolicy;
  throw new Error(`no policy '${policy}'`);
};

/** A jobset's use and its shares (a weight over 0). */
export type Standing = Readonly<{ jobsetId: number; usedMs: number; shares: number }>;

/** Negative where `a` is further below its share. Exact: products of whole numbers, not quotients. */
export const compareStanding = (a: Standing, b: Standing): number => {
  const left = a.usedMs * b.shares;
  const right = b.usedMs * a.shares;
  if (Math.max(left, right) <= Number.MAX_SAFE_INTEGER || ![a, b].every(isWhole)) return left - right;
  const exact = BigInt(a.usedMs) * BigInt(b.shares) - BigInt(b.usedMs) * BigInt(a.shares);
  return exact < 0n ? -1 : exact > 0n ? 1 : 0;
};

const isWhole = ({ usedMs, shares }: Standing): boolean => Number.isInteger(usedMs) && Number.isInteger(shares);
