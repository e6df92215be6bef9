import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { hashToHex, parseHash, parseNarInfo, parseStorePath } from '#nix';
import type { TestS3 } from '../stack/s3.js';

const body = async ({ client }: TestS3, Bucket: string, Key: string): Promise<Buffer> => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from(await Body!.transformToByteArray());
};

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const asHex = (hash: string | undefined): string => (hash === undefined ? 'none' : hashToHex(parseHash(hash)));

const unpack = (compression: string, packed: Buffer): Buffer => {
  if (compression === 'none') return packed;
  const { status, stdout, stderr } = spawnSync(compression, ['-dc'], { input: packed, maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`${compression}: ${stderr.toString()}`);
  return stdout;
};

/**
 * Reads everything in a bucket and holds it against what the narinfos say: sizes and hashes of stored and unpacked bytes, and that
 * every reference is there too. Gives what is wrong (nothing, if all is well) and the store paths found.
 */
export const checkBucket = async (s3: TestS3, bucket: string): Promise<{ wrong: string[]; paths: string[] }> => {
  const keys = await s3.keys(bucket);
  const wrong: string[] = [];
  const paths: string[] = [];
  const hash = (key: string) => key.replace(/\.(narinfo|nar)$/, '');
  for (const key of keys.filter((name) => name.endsWith('.narinfo'))) {
    const info = parseNarInfo((await body(s3, bucket, key)).toString());
    paths.push(info.storePath);
    if (!keys.includes(info.url)) {
      wrong.push(`${key} names ${info.url}, which is not there`);
      continue;
    }
    const packed = await body(s3, bucket, info.url);
    const nar = unpack(info.compression, packed);
    if (packed.length !== info.fileSize) wrong.push(`${info.url} has ${packed.length} bytes, not ${info.fileSize}`);
    if (nar.length !== info.narSize) wrong.push(`${info.url} unpacks to ${nar.length} bytes, not ${info.narSize}`);
    if (asHex(info.fileHash) !== sha256(packed)) wrong.push(`${info.url} has another hash than FileHash`);
    if (asHex(info.narHash) !== sha256(nar)) wrong.push(`${info.url} has another hash than NarHash`);
    for (const reference of info.references)
      if (!keys.includes(`${parseStorePath(reference).hash}.narinfo`))
        wrong.push(`${key} needs ${reference}, which is not there`);
  }
  const narinfos = new Set(keys.filter((key) => key.endsWith('.narinfo')).map(hash));
  for (const key of keys) if (key.endsWith('.nar') && !narinfos.has(hash(key))) wrong.push(`${key} has no narinfo`);
  return { wrong, paths: paths.sort() };
};
