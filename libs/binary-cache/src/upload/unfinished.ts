import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeadBatch } from '#nix';
import { z } from 'zod';
import type { Bucket, UnfinishedUpload, UploadMemory } from '../s3/bucket.js';

const md5 = z.string().regex(/^[0-9a-f]{32}$/);
const unfinishedSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  uploadId: z.string().min(1),
  parts: z.object({ partSize: z.int().positive(), md5s: z.array(md5) }),
  etags: z.record(z.string().regex(/^[1-9]\d*$/), z.string()),
});

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** undefined: none, or one that a power cut left half written. */
const read = async (file: string): Promise<z.output<typeof unfinishedSchema> | undefined> => {
  try {
    return unfinishedSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (code(error) === 'ENOENT' || error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
};

const write = async (file: string, text: string): Promise<void> => {
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
};

/**
 * Unfinished uploads in parts, a file for each under the data folder. Not asked of S3 (`ListMultipartUploads`, `ListParts`): that
 * takes permissions that storing does not, and not every server knows it. Who loses the folder loses only the parts that were
 * sent; the bucket's own rule for unfinished uploads removes those.
 */
export type UnfinishedUploads = Readonly<{
  of: (key: string) => UploadMemory;
  /** Removes, here and in the bucket, the uploads that nobody touched for `olderThanMs`, and what dead processes left. */
  sweep: (olderThanMs: number, nowMs: number) => Promise<void>;
}>;

export const createUnfinishedUploads = (bucket: Bucket, dir: string): UnfinishedUploads => {
  const folder = join(dir, 'uploads');
  const fileOf = (key: string): string =>
    join(folder, `${createHash('sha256').update(`${bucket.name}/${key}`).digest('hex')}.json`);
  return {
    of: (key) => ({
      load: () => read(fileOf(key)),
      save: async (upload: UnfinishedUpload) => {
        await mkdir(folder, { recursive: true });
        await write(fileOf(key), JSON.stringify({ bucket: bucket.name, ...upload }));
      },
      clear: () => rm(fileOf(key), { force: true }),
    }),
    sweep: async (olderThanMs, nowMs) => {
      const names = async (of: string): Promise<string[]> =>
        readdir(of).catch((error: unknown) => {
          if (code(error) === 'ENOENT') return [];
          throw error;
        });
      for (const name of (await names(dir)).filter(isDeadBatch))
        await rm(join(dir, name), { recursive: true, force: true });
      for (const name of (await names(folder)).filter((each) => each.endsWith('.json'))) {
        const file = join(folder, name);
        const touched = await stat(file).catch(() => undefined);
        if (!touched || nowMs - touched.mtimeMs < olderThanMs) continue;
        const upload = await read(file);
        if (upload && upload.bucket !== bucket.name) continue;
        if (upload) await bucket.abortUpload(upload.key, upload.uploadId);
        await rm(file, { force: true });
      }
    },
  };
};
