import { base32Length, decodeBase32, encodeBase32 } from './base32.js';

/** A hash with its algorithm. Written `sha256:HEX`, `sha256:BASE32` or, as SRI, `sha256-BASE64`. */
export type NixHash = Readonly<{ algo: HashAlgo; bytes: Buffer }>;
export type HashAlgo = 'md5' | 'sha1' | 'sha256' | 'sha512';

const SIZES: Readonly<Record<HashAlgo, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };
const isAlgo = (name: string): name is HashAlgo => name in SIZES;

/** Reads `algo:hex`, `algo:base32` or SRI `algo-base64`; the length tells which. Throws on anything else. */
export function parseHash(text: string): NixHash {
  const split = /^([a-z0-9]+)([:-])(.+)$/.exec(text);
  const [algo, separator, body] = [split?.[1], split?.[2], split?.[3]];
  if (algo === undefined || body === undefined || !isAlgo(algo)) throw new Error(`not a hash: '${text}'`);
  const size = SIZES[algo];
  let bytes: Buffer | undefined;
  if (separator === '-' || /=$/.test(body)) {
    if (/^[A-Za-z0-9+/]+=*$/.test(body)) bytes = Buffer.from(body, 'base64');
  } else if (body.length === size * 2) {
    if (/^[0-9a-fA-F]+$/.test(body)) bytes = Buffer.from(body, 'hex');
  } else if (body.length === base32Length(size)) {
    bytes = decodeBase32(body);
  }
  if (bytes?.length !== size) throw new Error(`not a ${algo} hash: '${text}'`);
  return { algo, bytes };
}

/** `sha256:HEX`. */
export const hashToHex = ({ algo, bytes }: NixHash): string => `${algo}:${bytes.toString('hex')}`;
/** `sha256:BASE32`, the form of narinfo files. */
export const hashToBase32 = ({ algo, bytes }: NixHash): string => `${algo}:${encodeBase32(bytes)}`;
/** `sha256-BASE64`, the form of `nix path-info --json`. */
export const hashToSri = ({ algo, bytes }: NixHash): string => `${algo}-${bytes.toString('base64')}`;
