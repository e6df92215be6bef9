import { configuredNix, type NixSettings } from '#nix';
import { childEnvironment, type Config } from '#runtime';

/** Finds Nix as the configuration wants it called. Throws `NixMissingError`, whose message says what to do. */
export const nixOf = ({ nix }: Pick<Config, 'nix'>): Promise<NixSettings> => configuredNix(nix, childEnvironment());
