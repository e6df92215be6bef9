import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Parameters of scrypt: memory is 128 * N * r bytes. */
export type Cost = Readonly<{ N: number; r: number; p: number }>;

/** Cost of a new hash: 32 MiB of memory and some 60 ms, OWASP's floor for scrypt being N = 2^15 with r = 8 and p = 3. */
export const COST: Cost = { N: 2 ** 15, r: 8, p: 3 };
const KEY_BYTES = 32;

const derive = (password: string, salt: Buffer, { N, r, p }: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );

/** `scrypt$N$r$p$salt$key`, the last two in base64url. */
export const hashPassword = async (password: string, cost: Cost = COST): Promise<string> => {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
};

const FORM = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w-]+)\$([\w-]+)$/;

/** Whether the password has this hash. Throws on a text that is no hash of ours. */
export const verifyPassword = async (password: string, hash: string): Promise<boolean> => {
  const [, N, r, p, salt, key] = FORM.exec(hash) ?? [];
  if (!salt || !key) throw new Error('a stored password hash is malformed');
  const wanted = Buffer.from(key, 'base64url');
  const derived = await derive(password, Buffer.from(salt, 'base64url'), { N: +N!, r: +r!, p: +p! });
  return wanted.length === derived.length && timingSafeEqual(wanted, derived);
};
