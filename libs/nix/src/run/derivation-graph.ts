import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Derivation, parseDerivation } from '../format/derivation.js';
import { isStorePath } from '../format/store-path.js';

/** A .drv larger than this is not read: those of whole channels have some 100 KiB. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Bytes of all .drv files together, after which no more are read: those of a whole system have some 20 MiB. */
const MAX_TOTAL = 64 * 1024 * 1024;
/** Files that are read at once. */
const AT_ONCE = 16;

/** A derivation and what it is made from. Texts are for people: bytes that are no UTF-8 are replaced. */
export type DerivationNode = Readonly<{
  drvPath: string;
  system: string;
  /** output name to store path; '' where it is known only after the build */
  outputs: Readonly<Record<string, string>>;
  inputs: readonly Readonly<{ drvPath: string; outputs: readonly string[] }>[];
  /** paths of sources */
  sources: readonly string[];
}>;

/** A derivation with all that it is built from, as far as it was read. */
export type DerivationGraph = Readonly<{
  /** nearest first; the first is where it began */
  nodes: readonly DerivationNode[];
  /** wanted, but not in the store (any more), or no derivations */
  missing: readonly string[];
  /** more derivations than the limit were needed, or are missing, or they are too large */
  truncated: boolean;
}>;

const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO', 'EISDIR'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );

/** Undefined for what is not there, is no plain file (a link may lead anywhere), or is not a derivation. */
async function read(drvPath: string): Promise<Readonly<{ drv: Derivation; bytes: number }> | undefined> {
  try {
    const file = await open(drvPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > MAX_BYTES) return undefined;
      const drv = parsed(await file.readFile());
      return drv && { drv, bytes: stat.size };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

const parsed = (content: Buffer): Derivation | undefined => {
  try {
    return parseDerivation(content);
  } catch {
    return undefined;
  }
};

/** Derivations hold bytes, one a character. */
const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

const nodeOf = (drvPath: string, drv: Derivation): DerivationNode => ({
  drvPath,
  system: utf8(drv.platform),
  outputs: Object.fromEntries([...drv.outputs].map(([name, { path }]) => [utf8(name), utf8(path)])),
  inputs: [...drv.inputDrvs].map(([path, names]) => ({ drvPath: utf8(path), outputs: names.map(utf8) })),
  sources: drv.inputSrcs.map(utf8),
});

/**
 * A derivation of the local store with all that it is built from, at most `limit` derivations; no more are read once they have
 * `maxBytes`. Reads no file but .drv files of its store.
 */
export async function derivationGraph(
  drvPath: string,
  limit: number,
  maxBytes: number = MAX_TOTAL,
): Promise<DerivationGraph> {
  const storeDir = dirname(drvPath);
  const wanted = [drvPath];
  const seen = new Set(wanted);
  const nodes: DerivationNode[] = [];
  const missing: string[] = [];
  let at = 0;
  let total = 0;
  while (at < wanted.length && nodes.length < limit && missing.length < limit && total < maxBytes) {
    const batch = wanted.slice(at, at + Math.min(AT_ONCE, limit - nodes.length));
    at += batch.length;
    const found = await Promise.all(
      batch.map((path) =>
        isStorePath(storeDir, path) && path.endsWith('.drv') ? read(path) : Promise.resolve(undefined),
      ),
    );
    for (const [index, one] of found.entries()) {
      if (one === undefined) {
        missing.push(batch[index]!);
        continue;
      }
      total += one.bytes;
      const node = nodeOf(batch[index]!, one.drv);
      nodes.push(node);
      for (const { drvPath: input } of node.inputs) {
        if (seen.has(input)) continue;
        seen.add(input);
        wanted.push(input);
      }
    }
  }
  return { nodes, missing, truncated: at < wanted.length };
}
