import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from './clock.js';

const format = (bytes: Uint8Array): string => {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** Sets version and variant of RFC 9562 on 16 bytes. */
const stamp = (bytes: Uint8Array, version: number): string => {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return format(bytes);
};

/** A random UUID (version 4). */
export const uuidv4 = (): string => randomUUID();

/** A UUID that sorts by time (RFC 9562, version 7): 48 bits of milliseconds, then random bits. */
export const uuidv7 = (clock: Clock): string => {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(clock.now(), 0, 6);
  return stamp(bytes, 7);
};

/**
 * The UUID that a name has in a namespace (RFC 9562, version 5): the same arguments always give the same id, so what an
 * event causes gets the same id when the event is seen twice. Throws when `namespace` is no UUID.
 */
export const uuidv5 = (namespace: string, name: string): string => {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  if (space.length !== 16) throw new TypeError(`not a UUID: ${JSON.stringify(namespace)}`);
  return stamp(createHash('sha1').update(space).update(name, 'utf8').digest().subarray(0, 16), 5);
};

/** An unguessable text of letters, digits, `-` and `_`, for tokens and passwords; `bytes` of randomness. */
export const randomToken = (bytes = 24): string => randomBytes(bytes).toString('base64url');
