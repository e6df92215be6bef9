import { ServeConnection } from './serve-connection.js';
import type { PathInfo } from './serve-types.js';
import { localServeCommand, type NixSettings } from './settings.js';

const BATCH = 5_000;

/**
 * Path infos of paths and of all they refer to, the paths' dependencies before themselves (a topological order, so an upload
 * in this order keeps every prefix closed). Rejects where a path is not valid.
 * Asked over the serve protocol: no limit of the command line, and no JSON that changes with Nix's version.
 */
export async function queryClosure(connection: ServeConnection, paths: readonly string[]): Promise<PathInfo[]> {
  const known = new Map<string, PathInfo>();
  let wanted = [...new Set(paths)];
  while (wanted.length > 0) {
    for (let at = 0; at < wanted.length; at += BATCH)
      for (const info of await connection.queryPathInfos(wanted.slice(at, at + BATCH))) known.set(info.path, info);
    const missing = wanted.find((path) => !known.has(path));
    if (missing !== undefined) throw new Error(`path '${missing}' is not valid in the store`);
    const next = new Set(wanted.flatMap((path) => known.get(path)!.references).filter((path) => !known.has(path)));
    wanted = [...next];
  }
  return topological(known);
}

/** Dependencies first. A path that refers to itself is no cycle; others cannot exist in a store. */
function topological(infos: ReadonlyMap<string, PathInfo>): PathInfo[] {
  const order: PathInfo[] = [];
  const seen = new Set<string>();
  for (const root of [...infos.keys()].sort()) {
    if (seen.has(root)) continue;
    seen.add(root);
    // Our own stack: chains of references are longer than the call stack.
    const stack = [{ info: infos.get(root)!, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const reference = top.info.references[top.next++];
      if (reference === undefined) {
        order.push(top.info);
        stack.pop();
      } else if (!seen.has(reference)) {
        seen.add(reference);
        stack.push({ info: infos.get(reference)!, next: 0 });
      }
    }
  }
  return order;
}

/** Sum of NAR sizes, bytes. */
export const totalSize = (infos: Iterable<PathInfo>): number => {
  let sum = 0;
  for (const { narSize } of infos) sum += narSize;
  return sum;
};

/** A connection to the local store for questions; close it at the end. */
export const openLocalStore = (settings: NixSettings): Promise<ServeConnection> =>
  ServeConnection.open(localServeCommand(settings), settings.env);
