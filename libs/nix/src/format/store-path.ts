import { createHash } from 'node:crypto';
import { encodeBase32 } from './base32.js';

/** A store path in its parts: `/nix/store/<hash>-<name>`. */
export type StorePath = Readonly<{
  /** Directory of the store, `/nix/store`. */
  storeDir: string;
  /** 32 characters of Nix base 32. */
  hash: string;
  name: string;
  /** `<hash>-<name>`. */
  baseName: string;
  path: string;
}>;

const BASE_NAME = /^([0-9abcdfghijklmnpqrsvwxyz]{32})-([0-9a-zA-Z+\-._?=]{1,211})$/;

/** Reads a whole store path (no file inside it). Throws on anything else. */
export function parseStorePath(path: string): StorePath {
  const cut = path.lastIndexOf('/');
  const baseName = path.slice(cut + 1);
  const parts = BASE_NAME.exec(baseName);
  if (cut < 1 || !path.startsWith('/') || parts === null) throw new Error(`not a store path: '${path}'`);
  return { storeDir: path.slice(0, cut), hash: parts[1]!, name: parts[2]!, baseName, path };
}

/** Whether `path` is exactly a path of the store `storeDir`. */
export function isStorePath(storeDir: string, path: string): boolean {
  const prefix = `${storeDir}/`;
  return path.startsWith(prefix) && BASE_NAME.test(path.slice(prefix.length));
}

/** `<hash>-<name>` of a store path. */
export const storePathBaseName = (path: string): string => parseStorePath(path).baseName;
/** The 32 characters that name the path in a binary cache. */
export const storePathHash = (path: string): string => parseStorePath(path).hash;
/** The path without directory and hash. */
export const storePathName = (path: string): string => parseStorePath(path).name;
/** `hello-1.0` of `/nix/store/<hash>-hello-1.0.drv`. */
export function derivationName(drvPath: string): string {
  const { name } = parseStorePath(drvPath);
  if (!name.endsWith('.drv')) throw new Error(`not a derivation: '${drvPath}'`);
  return name.slice(0, -'.drv'.length);
}

/** The store path that a file or directory inside the store belongs to; undefined outside. */
export function toStorePath(storeDir: string, path: string): string | undefined {
  const prefix = `${storeDir}/`;
  if (!path.startsWith(prefix)) return undefined;
  const base = path.slice(prefix.length).split('/')[0]!;
  return BASE_NAME.test(base) ? prefix + base : undefined;
}

/** 32 bytes folded to 20 by xor, as store paths have it. */
function compress(digest: Buffer): Buffer {
  const folded = Buffer.alloc(20);
  digest.forEach((byte, index) => (folded[index % 20]! ^= byte));
  return folded;
}

/** A store path from its type (`output:out`, `text:REFS`, `source`), the sha256 (hex) behind it, and its name. */
export function makeStorePath(storeDir: string, type: string, sha256Hex: string, name: string): string {
  const digest = createHash('sha256').update(`${type}:sha256:${sha256Hex}:${storeDir}:${name}`, 'latin1').digest();
  return `${storeDir}/${encodeBase32(compress(digest))}-${name}`;
}

/** Where a text with these references stands in the store: so .drv files are named. `references` are full paths. */
export function makeTextPath(storeDir: string, name: string, content: Buffer, references: readonly string[]): string {
  const type = ['text', ...[...references].sort()].join(':');
  return makeStorePath(storeDir, type, createHash('sha256').update(content).digest('hex'), name);
}
