import { configuredNix, type NixSettings } from '#nix';
import { childEnvironment, type Config } from '#runtime';

/**
 * Finds Nix as the configuration wants it called, when it is first asked for: an API without any serves everything but what is in
 * the store. What was found is kept; after `NixMissingError` it is looked for again.
 */
export const nixOf = ({ nix }: Pick<Config, 'nix'>): (() => Promise<NixSettings>) => {
  let found: Promise<NixSettings> | undefined;
  return () => {
    if (found) return found;
    found = configuredNix(nix, childEnvironment());
    found.catch(() => (found = undefined));
    return found;
  };
};
