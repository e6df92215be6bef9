import { detectNix, type NixSettings } from '#nix';
import { childEnvironment, type Config } from '#runtime';

const optionText = (value: Config['nix']['options'][string]): string =>
  Array.isArray(value) ? value.join(' ') : String(value);

/**
 * Finds Nix as the configuration wants it called, the same as the worker does, when it is first asked for: an API without any
 * serves everything but what is in the store. What was found is kept; after `NixMissingError` it is looked for again.
 */
export const nixOf = ({ nix }: Pick<Config, 'nix'>): (() => Promise<NixSettings>) => {
  let found: Promise<NixSettings> | undefined;
  return () => {
    if (found) return found;
    const folders = { NIX_STORE_DIR: nix.storeDir, NIX_STATE_DIR: nix.stateDir, NIX_LOG_DIR: nix.logDir };
    const given = Object.fromEntries(Object.entries(folders).filter(([, value]) => value !== undefined));
    const options = Object.fromEntries(Object.entries(nix.options).map(([name, value]) => [name, optionText(value)]));
    found = detectNix({ env: { ...childEnvironment(), ...given }, substituters: nix.substituters, options });
    found.catch(() => (found = undefined));
    return found;
  };
};
