/** What ranks jobsets. A policy has a name, which is recorded with every choice made by it. */
export type Policy = Readonly<{ name: 'window' | 'clamped' }>;

/** Hydra's rule: all that was used inside the window, idle farm or not. Lowest use per share goes first. */
export const windowPolicy: Policy = { name: 'window' };

/** A start-time fair queue whose credit for idleness is capped (`VirtualTime`). Lowest key goes first. */
export const clampedPolicy: Policy = { name: 'clamped' };

/** The policy of a name, `hydra` being another name of `window`; throws on one that is not known. */
export const policyOf = ({ policy }: Readonly<{ policy: string }>): Policy => {
  if (policy === windowPolicy.name || policy === 'hydra') return windowPolicy;
  if (policy === clampedPolicy.name) return clampedPolicy;
  throw new Error(`no policy '${policy}': there are window (Hydra's) and clamped`);
};

/** What ranks a jobset: its use and its shares (a weight over 0), or its key under the policy `clamped`. */
export type Standing = Readonly<{ jobsetId: number; usedMs: number; shares: number; key?: number | undefined }>;

/** Negative where `a` is further below its share. Exact: products of whole numbers, not quotients. */
export const compareStanding = (a: Standing, b: Standing): number => {
  if (a.key !== undefined && b.key !== undefined) return a.key - b.key;
  const left = a.usedMs * b.shares;
  const right = b.usedMs * a.shares;
  if ((left <= Number.MAX_SAFE_INTEGER && right <= Number.MAX_SAFE_INTEGER) || !(isWhole(a) && isWhole(b)))
    return left - right;
  const exact = BigInt(a.usedMs) * BigInt(b.shares) - BigInt(b.usedMs) * BigInt(a.shares);
  return exact < 0n ? -1 : exact > 0n ? 1 : 0;
};

const isWhole = ({ usedMs, shares }: Standing): boolean => Number.isInteger(usedMs) && Number.isInteger(shares);
