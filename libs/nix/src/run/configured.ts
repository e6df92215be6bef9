import { detectNix, type NixSettings } from './settings.js';

type Option = string | number | boolean | readonly (string | number | boolean)[];

/** How a farm wants its Nix called; `[nix]` of its configuration. */
export type NixConfiguration = Readonly<{
  storeDir?: string | undefined;
  stateDir?: string | undefined;
  logDir?: string | undefined;
  substituters: readonly string[];
  trustedPublicKeys: readonly string[];
  options: Readonly<Record<string, Option>>;
}>;

const optionText = (value: Option): string => (typeof value === 'object' ? value.join(' ') : String(value));

/** Finds Nix as the configuration wants it called; `env`: of its processes. Rejects with `NixMissingError`, which says what to do. */
export const configuredNix = (
  { storeDir, stateDir, logDir, substituters, trustedPublicKeys, options }: NixConfiguration,
  env: Readonly<Record<string, string | undefined>>,
): Promise<NixSettings> => {
  const folders = { NIX_STORE_DIR: storeDir, NIX_STATE_DIR: stateDir, NIX_LOG_DIR: logDir };
  const given = Object.fromEntries(Object.entries(folders).filter(([, value]) => value));
  const texts = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, optionText(value)]));
  const keys: Record<string, string> =
    trustedPublicKeys.length > 0 ? { 'trusted-public-keys': trustedPublicKeys.join(' ') } : {};
  return detectNix({ env: { ...env, ...given }, substituters, options: { ...keys, ...texts } });
};
