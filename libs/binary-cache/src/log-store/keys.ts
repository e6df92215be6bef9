import { InvalidLogKeyError } from './port.js';

/** `<2 characters>/<rest of the derivation's base name>/<attempt>.log`; no part can be `.`, `..` or hold a separator. */
const KEY = /^[0-9a-z]{2}\/[0-9a-z]{30}-[0-9A-Za-z+\-._?=]{1,211}\/(0|[1-9]\d{0,8})\.log$/;

/** Throws `InvalidLogKeyError` on anything that `logKey` does not make. */
export const checkLogKey = (key: string): string => {
  if (!KEY.test(key)) throw new InvalidLogKeyError(`not the key of a log: ${JSON.stringify(key.slice(0, 300))}`);
  return key;
};

/** Key of the log of an attempt: `/nix/store/abc...-hello.drv`, 2 gives `ab/c...-hello.drv/2.log`. Throws `InvalidLogKeyError`. */
export const logKey = (drvPath: string, attempt: number): string => {
  const base = drvPath.slice(drvPath.lastIndexOf('/') + 1);
  return checkLogKey(`${base.slice(0, 2)}/${base.slice(2)}/${attempt}.log`);
};
