import { detectNix, type NixSettings } from '#nix';
import { childEnvironment, type Config } from '#runtime';

const optionText = (value: Config['nix']['options'][string]): string =>
  Array.isArray(value) ? value.join(' ') : String(value);

/** Finds Nix as the configuration wants it called, the same as the worker does. Throws `NixMissingError`. */
export const nixOf = ({ nix }: Pick<Config, 'nix'>): Promise<NixSettings> => {
  const folders = { NIX_STORE_DIR: nix.storeDir, NIX_STATE_DIR: nix.stateDir, NIX_LOG_DIR: nix.logDir };
  const given = Object.fromEntries(Object.entries(folders).filter(([, value]) => value !== undefined));
  const options = Object.fromEntries(Object.entries(nix.options).map(([name, value]) => [name, optionText(value)]));
  return detectNix({ env: { ...childEnvironment(), ...given }, substituters: nix.substituters, options });
};
