import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** Ed25519 keys as Nix writes them: secret `NAME:base64(32 bytes seed + 32 bytes public)`, public `NAME:base64(32 bytes)`. */
export type SecretKey = Readonly<{
  name: string;
  key: KeyObject;
  /** `NAME:base64`, for trusted-public-keys */ publicKey: string;
}>;

/** Node wants DER: these bytes stand before a bare Ed25519 seed (PKCS 8) and a bare public key (SPKI). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const split = (text: string, size: number, what: string): { name: string; bytes: Buffer } => {
  const parts = /^([^:\s]+):([A-Za-z0-9+/]+=*)$/.exec(text.trim());
  const bytes = Buffer.from(parts?.[2] ?? '', 'base64');
  if (parts === null || bytes.length !== size) throw new Error(`not a ${what} in Nix's form`);
  return { name: parts[1]!, bytes };
};

/** Reads the content of a secret key file (`nix key generate-secret`). Throws without quoting it. */
export function parseSecretKey(text: string): SecretKey {
  const { name, bytes } = split(text, 64, 'secret key');
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes.subarray(0, 32)]),
    format: 'der',
    type: 'pkcs8',
  });
  const derived = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  if (!derived.equals(bytes.subarray(32)))
    throw new Error(`the two halves of secret key '${name}' do not belong together`);
  return { name, key, publicKey: `${name}:${derived.toString('base64')}` };
}

/** `NAME:base64(signature)` of a text, for narinfo's `Sig`. */
export const signText = ({ name, key }: SecretKey, text: string): string =>
  `${name}:${sign(null, Buffer.from(text), key).toString('base64')}`;

/** Whether `signature` is by this public key (`NAME:base64`) over the text. */
export function verifyText(publicKey: string, text: string, signature: string): boolean {
  const { name, bytes } = split(publicKey, 32, 'public key');
  const given = /^([^:\s]+):([A-Za-z0-9+/]+=*)$/.exec(signature);
  if (given === null || given[1] !== name) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes]), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(text), key, Buffer.from(given[2]!, 'base64'));
}
