import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { compress, type Compressor, hashToBase32 } from '#nix';
import type { Body } from '../s3/bucket.js';

/** How NARs are stored. */
export type Compression = 'none' | Compressor;

/** A NAR ready to be stored. `release` frees its file, where it has one. */
export type PackedNar = Readonly<{
  body: Body;
  /** `sha256:BASE32` of the NAR */
  narHash: string;
  narSize: number;
  /** `sha256:BASE32` of the body */
  fileHash: string;
  fileSize: number;
  /** of the body, hex */
  md5: string;
  release: () => Promise<void>;
}>;

export type PackOptions = Readonly<{
  compression: Compression;
  /** Bodies above `spoolAboveBytes` wait in a file here; made when needed. */
  spoolDir: string;
  spoolAboveBytes: number;
  /** of the compressor */
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
}>;

/** A file without a name: a crash leaves nothing behind. */
const openNameless = async (dir: string): Promise<FileHandle> => {
  await mkdir(dir, { recursive: true });
  const path = join(dir, `nar-${randomBytes(12).toString('hex')}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
};

const sha256 = (digest: Buffer): string => hashToBase32({ algo: 'sha256', bytes: digest });

/** Hashes a NAR, compresses it and hashes the result, in one pass and bounded memory. Throws what `nar` or the compressor throws. */
export const packNar = async (nar: AsyncIterable<Buffer>, options: PackOptions): Promise<PackedNar> => {
  const { compression, spoolDir, spoolAboveBytes, env, signal } = options;
  const narHasher = createHash('sha256');
  let narSize = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of nar) {
      signal.throwIfAborted();
      narHasher.update(chunk);
      narSize += chunk.length;
      yield chunk;
    }
  };
  const fileHasher = createHash('sha256');
  const md5 = createHash('md5');
  const kept: Buffer[] = [];
  let fileSize = 0;
  let file: FileHandle | undefined;
  try {
    for await (const chunk of compression === 'none' ? counted() : compress(compression, counted(), { env, signal })) {
      if (compression !== 'none') fileHasher.update(chunk);
      md5.update(chunk);
      fileSize += chunk.length;
      if (!file) kept.push(chunk);
      if (!file && fileSize > spoolAboveBytes) {
        file = await openNameless(spoolDir);
        await file.appendFile(Buffer.concat(kept.splice(0)));
      } else await file?.appendFile(chunk);
    }
  } catch (error) {
    await file?.close();
    throw error;
  }
  const narHash = sha256(narHasher.digest());
  return {
    body: file ? { file, size: fileSize } : Buffer.concat(kept),
    narHash,
    narSize,
    fileHash: compression === 'none' ? narHash : sha256(fileHasher.digest()),
    fileSize,
    md5: md5.digest('hex'),
    release: async () => file?.close(),
  };
};
