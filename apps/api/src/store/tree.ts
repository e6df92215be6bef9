/** Something with all that it needs below it. */
export type Tree<T> = Readonly<{
  node: T;
  below: readonly Tree<T>[];
  /** Shown with what it needs at another place, nearer to the root. */
  elsewhere: boolean;
}>;

type Growing<T> = { node: T; below: Growing<T>[]; elsewhere: boolean };

/** Deeper nesting is cut off by browsers. */
const DEEPEST = 100;

/** A graph as trees: every node stands once with what it needs, as near to a root as can be, and at most `limit` in all. */
export const treesOf = <T>(
  roots: readonly T[],
  keyOf: (node: T) => string,
  needsOf: (node: T) => readonly T[],
  limit: number,
): Readonly<{ trees: readonly Tree<T>[]; truncated: boolean }> => {
  const trees: Growing<T>[] = roots.map((node) => ({ node, below: [], elsewhere: false }));
  const seen = new Set(roots.map(keyOf));
  let level = trees;
  let count = trees.length;
  let truncated = false;
  for (let depth = 1; level.length > 0 && depth <= DEEPEST; depth++) {
    const next: Growing<T>[] = [];
    for (const parent of level)
      for (const node of needsOf(parent.node)) {
        if (count >= limit) {
          truncated = true;
          break;
        }
        const child = { node, below: [], elsewhere: seen.has(keyOf(node)) };
        parent.below.push(child);
        count++;
        if (child.elsewhere) continue;
        seen.add(keyOf(node));
        next.push(child);
      }
    level = next;
  }
  return { trees, truncated: truncated || level.some(({ node }) => needsOf(node).length > 0) };
};
