import { createHash } from 'node:crypto';
import { hashToBase32, type NarInfo, parseNarInfo } from '../../nix/src/index.js';

const sha256 = (bytes: Buffer): string =>
  hashToBase32({ algo: 'sha256', bytes: createHash('sha256').update(bytes).digest() });

/** A narinfo of a bucket and the bytes that its URL leads to, fetched as any client would. Throws where one is missing. */
export type Fetched = Readonly<{ key: string; info: NarInfo; fileHash: string; fileSize: number }>;

const fetchBytes = async (url: string): Promise<Buffer> => {
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`GET ${url}: ${reply.status}`);
  return Buffer.from(await reply.arrayBuffer());
};

/** Every narinfo among a bucket's keys, with hash and size of what really stands at its URL, which counts from the prefix. */
export const fetchAll = async (base: string, keys: readonly string[], prefix = ''): Promise<Fetched[]> => {
  const fetched: Fetched[] = [];
  for (const key of keys.filter((each) => each.endsWith('.narinfo'))) {
    const info = parseNarInfo((await fetchBytes(`${base}/${key}`)).toString('latin1'));
    const bytes = await fetchBytes(`${base}/${prefix}${info.url}`);
    fetched.push({ key, info, fileHash: sha256(bytes), fileSize: bytes.length });
  }
  return fetched;
};

/** What is wrong with a bucket: narinfos whose NAR is not what they say, or whose references have no narinfo. Empty: nothing. */
export const faultsOf = (fetched: readonly Fetched[]): string[] => {
  const there = new Set(fetched.map(({ info }) => info.storePath));
  return fetched.flatMap(({ key, info, fileHash, fileSize }) => [
    ...(info.fileHash === fileHash ? [] : [`${key}: FileHash ${info.fileHash}, but the object's is ${fileHash}`]),
    ...(info.fileSize === fileSize ? [] : [`${key}: FileSize ${info.fileSize}, but the object has ${fileSize}`]),
    ...info.references
      .filter((path) => !there.has(path))
      .map((path) => `${key}: refers to ${path}, which has no narinfo`),
  ]);
};
