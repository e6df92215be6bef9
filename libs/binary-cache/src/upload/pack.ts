import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { compress, type Compressor, hashToBase32 } from '#nix';
import type { Body, Parts } from '../s3/bucket.js';
import type { BatchCompressor } from './batch-compressor.js';

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
  sha256: string;
  /** the ETag of the body: its MD5 in hex, or what S3 makes of the parts' */
  etag: string;
  /** of a body in a file that is larger than one part */
  parts?: Parts;
  release: () => Promise<void>;
}>;

export type PackOptions = Readonly<{
  compression: Compression;
  /** Bodies above `spoolAboveBytes` wait in a file here; made when needed. */
  spoolDir: string;
  spoolAboveBytes: number;
  /** Bodies larger than this are stored in parts of this size; not below `spoolAboveBytes`. */
  partSize: number;
  /** of the compressor */
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
}>;

const MOST_PARTS = 10_000;
const MIB = 1024 * 1024;

/** The size of parts in which any compression of a NAR fits into S3's 10,000; compressors add at most a hundredth. */
export const partSizeFor = (narSize: number, least: number): number =>
  Math.max(least, Math.ceil((narSize * 1.02) / MOST_PARTS / MIB) * MIB);

/** A file without a name: a crash leaves nothing behind. */
const openNameless = async (dir: string): Promise<FileHandle> => {
  await mkdir(dir, { recursive: true });
  const path = join(dir, `nar-${randomBytes(12).toString('hex')}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
};

const base32 = (digest: Buffer): string => hashToBase32({ algo: 'sha256', bytes: digest });

/** MD5s of the parts of what passes, and the ETag that S3 makes of them: of one part its MD5, else the MD5 of the MD5s and their number. */
class PartHasher {
  private readonly done: Buffer[] = [];
  private hash: Hash = createHash('md5');
  private filled = 0;
  constructor(private readonly partSize: number) {}

  update(chunk: Buffer): void {
    for (let from = 0; from < chunk.length;) {
      // Only once more comes: a last part may be full, none is empty.
      if (this.filled === this.partSize) this.next();
      const piece = chunk.subarray(from, from + this.partSize - this.filled);
      this.hash.update(piece);
      this.filled += piece.length;
      from += piece.length;
    }
  }

  end(): Readonly<{ etag: string; parts?: Parts }> {
    this.next();
    const md5s = this.done.map((md5) => md5.toString('hex'));
    if (md5s.length === 1) return { etag: md5s[0]! };
    const all = createHash('md5').update(Buffer.concat(this.done)).digest('hex');
    return { etag: `${all}-${md5s.length}`, parts: { partSize: this.partSize, md5s } };
  }

  private next(): void {
    this.done.push(this.hash.digest());
    this.hash = createHash('md5');
    this.filled = 0;
  }
}

/** `FileHandle.write` may write less than it was given. */
const append = async (file: FileHandle, chunk: Buffer): Promise<void> => {
  for (let from = 0; from < chunk.length;) from += (await file.write(chunk, from)).bytesWritten;
};

/** Hashes a NAR, compresses it and hashes the result, in one pass and bounded memory. Throws what `nar` or the compressor throws. */
export const packNar = async (nar: AsyncIterable<Buffer>, options: PackOptions): Promise<PackedNar> => {
  const { compression, spoolDir, spoolAboveBytes, partSize, env, signal } = options;
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
  const parts = new PartHasher(partSize);
  const kept: Buffer[] = [];
  let fileSize = 0;
  let file: FileHandle | undefined;
  try {
    for await (const chunk of compression === 'none' ? counted() : compress(compression, counted(), { env, signal })) {
      if (compression !== 'none') fileHasher.update(chunk);
      parts.update(chunk);
      fileSize += chunk.length;
      if (!file) kept.push(chunk);
      if (!file && fileSize > spoolAboveBytes) {
        file = await openNameless(spoolDir);
        await append(file, Buffer.concat(kept.splice(0)));
      } else if (file) await append(file, chunk);
    }
  } catch (error) {
    await file?.close();
    throw error;
  }
  const narDigest = narHasher.digest();
  const fileDigest = compression === 'none' ? narDigest : fileHasher.digest();
  return {
    body: file ? { file, size: fileSize } : Buffer.concat(kept),
    narHash: base32(narDigest),
    narSize,
    fileHash: base32(fileDigest),
    fileSize,
    sha256: fileDigest.toString('hex'),
    ...parts.end(),
    release: async () => file?.close(),
  };
};

/** As `packNar`, of a NAR that is small enough to be held whole, compressed together with others. */
export const packSmallNar = async (
  nar: Promise<Buffer>,
  compressor: BatchCompressor | undefined,
): Promise<PackedNar> => {
  const input = await nar;
  const narDigest = createHash('sha256').update(input).digest();
  const body = compressor ? await compressor(input) : input;
  const fileDigest = compressor ? createHash('sha256').update(body).digest() : narDigest;
  return {
    body,
    narHash: base32(narDigest),
    narSize: input.length,
    fileHash: base32(fileDigest),
    fileSize: body.length,
    sha256: fileDigest.toString('hex'),
    etag: createHash('md5').update(body).digest('hex'),
    release: () => Promise.resolve(),
  };
};
