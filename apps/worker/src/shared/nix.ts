import { detectNix, type NixSettings } from '#nix';
import { childEnvironment, type Config } from '#runtime';

type NixPart = Pick<Config, 'nix'>['nix'];

const optionText = (value: NixPart['options'][string]): string =>
  Array.isArray(value) ? value.join(' ') : String(value);

const directories = ({ storeDir, stateDir, logDir }: NixPart): Record<string, string | undefined> => ({
  NIX_STORE_DIR: storeDir,
  NIX_STATE_DIR: stateDir,
  NIX_LOG_DIR: logDir,
});

/** Finds Nix as the configuration wants it called. Throws `NixMissingError`, whose message says what to do. */
export const nixOf = ({ nix }: Pick<Config, 'nix'>): Promise<NixSettings> => {
  const env = {
    ...childEnvironment(),
    ...Object.fromEntries(Object.entries(directories(nix)).filter(([, value]) => value)),
  };
  const options = Object.fromEntries(Object.entries(nix.options).map(([name, value]) => [name, optionText(value)]));
  const keys: Record<string, string> =
    nix.trustedPublicKeys.length > 0 ? { 'trusted-public-keys': nix.trustedPublicKeys.join(' ') } : {};
  return detectNix({ env, substituters: nix.substituters, options: { ...keys, ...options } });
};
