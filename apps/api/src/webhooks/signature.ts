import { createHmac, timingSafeEqual } from 'node:crypto';

const HEX = /^[0-9a-f]{64}$/i;

/**
 * Whether a forge that knows one of the secrets signed these bytes: HMAC-SHA256, in hex. Every secret is tried, and each compared in
 * the same time whatever is wrong with it, so that the time of a refusal tells nothing.
 */
export const isSigned = (body: Buffer, signature: string | undefined, secrets: readonly string[]): boolean => {
  const given = Buffer.from(signature !== undefined && HEX.test(signature) ? signature : '0'.repeat(64), 'hex');
  const matches = secrets.map((secret) => timingSafeEqual(createHmac('sha256', secret).update(body).digest(), given));
  return signature !== undefined && HEX.test(signature) && matches.includes(true);
};
