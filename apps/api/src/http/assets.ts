import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from './problem.js';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** The folder beside the sources; the compiled tree stands in `dist/`, one level deeper, and shares it. */
const folders = ['../../assets/', '../../../../../apps/api/assets/'].map((up) =>
  fileURLToPath(new URL(up, import.meta.url)),
);

type Asset = Readonly<{ body: Buffer; zipped: Buffer; type: string; etag: string; forEver: boolean }>;

const load = async (folder: string): Promise<ReadonlyMap<string, Asset>> => {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const served = files.filter((file) => file.isFile() && extname(file.name) in TYPES);
  const assets = await Promise.all(
    served.map(async (file) => {
      const path = join(file.parentPath, file.name);
      const name = relative(folder, path).split(sep).join('/');
      const body = await readFile(path);
      const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
      // A vendored file has its version in its name: it never changes.
      const zipped = gzipSync(body, { level: 9 });
      return [name, { body, zipped, type: TYPES[extname(name)]!, etag, forEver: name.startsWith('vendor/') }] as const;
    }),
  );
  return new Map(assets);
};

const loadFirst = async (): Promise<ReadonlyMap<string, Asset>> => {
  for (const folder of folders) {
    try {
      return await load(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`there are no assets in ${folders.join(' or ')}`);
};

/** Files that stand at addresses of their own, as Hydra's do. */
const ELSEWHERE: Readonly<Record<string, string>> = { '/robots.txt': 'robots.txt', '/logo': 'icon.svg' };

/** Serves the files of `assets/` out of memory: a request can name one of them, and nothing else. */
export const serveAssets = async (fastify: FastifyInstance): Promise<void> => {
  const assets = await loadFirst();
  const serve = (name: string, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const asset = assets.get(name);
    if (!asset) throw notFound('such file');
    void reply.headers({
      'content-type': asset.type,
      etag: asset.etag,
      vary: 'Accept-Encoding',
      'cache-control': asset.forEver ? 'public, max-age=31536000, immutable' : 'public, no-cache',
    });
    if (request.headers['if-none-match'] === asset.etag) return reply.status(304).send();
    // Zipped once, at the start: nothing in them is anybody's secret, and they are most of what a first visit loads.
    if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(asset.body);
    return reply.header('content-encoding', 'gzip').send(asset.zipped);
  };
  fastify.get<{ Params: { '*': string } }>('/assets/*', (request, reply) => serve(request.params['*'], request, reply));
  for (const [path, name] of Object.entries(ELSEWHERE))
    fastify.get(path, (request, reply) => serve(name, request, reply));
};
