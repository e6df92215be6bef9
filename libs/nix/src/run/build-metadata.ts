import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseMetrics, parseProducts, parseReleaseName, productName, type Metric } from '../format/build-products.js';
import { storePathName, toStorePath } from '../format/store-path.js';

/** A product of a build. `fileSize` (bytes) and `sha256hash` (hex) only where it is a regular file. */
export type BuildProduct = Readonly<{
  type: string;
  subtype: string;
  fileSize?: number;
  sha256hash?: string;
  path: string;
  name: string;
  defaultPath: string;
}>;

export type BuildMetadata = Readonly<{
  /** It made outputs, and says itself that it failed (`nix-support/failed`). */
  failed: boolean;
  products: readonly BuildProduct[];
  metrics: readonly Metric[];
  releaseName: string | undefined;
}>;

/** A file of `nix-support` bigger than this is not read: its text would end in events and pages. */
const MAX_FILE = 1024 * 1024;

/**
 * Reads what a build says of itself. `outputs`: path by output name. A link counts only where it ends inside the store; what
 * leads out is ignored, so that no build can publish the host's files.
 */
export async function readBuildMetadata(
  storeDir: string,
  outputs: ReadonlyMap<string, string>,
): Promise<BuildMetadata> {
  let failed = false;
  let releaseName: string | undefined;
  let declared = false;
  const products: BuildProduct[] = [];
  const metrics = new Map<string, Metric>();
  const sorted = [...outputs].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, output] of sorted) {
    const read = (name: string): Promise<string | undefined> => readInside(storeDir, `${output}/nix-support/${name}`);
    failed ||= await exists(`${output}/nix-support/failed`);
    releaseName = parseReleaseName((await read('hydra-release-name')) ?? '') ?? releaseName;
    for (const metric of parseMetrics((await read('hydra-metrics')) ?? '')) metrics.set(metric.name, metric);
    const lines = await read('hydra-build-products');
    if (lines === undefined) continue;
    declared = true;
    for (const line of parseProducts(lines)) {
      const product = await describe(storeDir, line);
      if (product !== undefined) products.push(product);
    }
  }
  if (!declared)
    for (const [name, path] of sorted)
      if ((await lstat(path)).isDirectory())
        products.push({
          type: 'nix-build',
          subtype: name === 'out' ? '' : name,
          path,
          name: storePathName(path),
          defaultPath: '',
        });
  return { failed, products, metrics: [...metrics.values()], releaseName };
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');
const orMissing = (error: unknown): undefined => {
  if (isMissing(error)) return undefined;
  throw error;
};

const exists = async (path: string): Promise<boolean> => (await lstat(path).catch(orMissing)) !== undefined;

/** Where a path ends after all its links, if that is inside the store. */
async function resolveInside(storeDir: string, path: string): Promise<string | undefined> {
  if (toStorePath(storeDir, path) === undefined) return undefined;
  const real = await realpath(path).catch(orMissing);
  return real === undefined || toStorePath(await realpath(storeDir), real) === undefined ? undefined : real;
}

async function readInside(storeDir: string, path: string): Promise<string | undefined> {
  const real = await resolveInside(storeDir, path);
  if (real === undefined) return undefined;
  const { size, isFile } = await stat(real).then((found) => ({ size: found.size, isFile: found.isFile() }));
  return isFile && size <= MAX_FILE ? readFile(real, 'utf8') : undefined;
}

async function describe(
  storeDir: string,
  line: Readonly<{ type: string; subtype: string; path: string; defaultPath: string }>,
): Promise<BuildProduct | undefined> {
  const real = await resolveInside(storeDir, line.path);
  if (real === undefined) return undefined;
  const isOutput = toStorePath(storeDir, line.path) === line.path.replace(/\/+$/, '');
  const product = { ...line, name: isOutput ? '' : productName(basename(line.path)) };
  const found = await stat(real);
  if (!found.isFile()) return product;
  return { ...product, fileSize: found.size, sha256hash: await sha256(real) };
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
