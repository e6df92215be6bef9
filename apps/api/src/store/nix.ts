import { configuredNix, NixMissingError, type NixSettings } from '#nix';
import { childEnvironment, type Clock, type Config } from '#runtime';

/** How long a host without Nix is taken for one. */
const MISSING_MS = 60_000;

/**
 * Finds Nix as the configuration wants it called: an API without any serves everything but what is in the store. It is looked for at
 * once, so that no page has to wait for it.
 */
export const nixOf = ({ nix }: Pick<Config, 'nix'>, clock: Pick<Clock, 'now'>): (() => Promise<NixSettings>) => {
  const find = found(() => configuredNix(nix, childEnvironment()), clock);
  find().catch(() => undefined); // told to whoever needs it
  return find;
};

/**
 * What `find` finds is kept. That there is none is kept for a minute; then it is looked for again, and who asks meanwhile is answered as
 * before. Any other failure is nobody's answer but that of those who waited for it.
 */
export const found = (find: () => Promise<NixSettings>, { now }: Pick<Clock, 'now'>): (() => Promise<NixSettings>) => {
  let known: Promise<NixSettings> | undefined;
  let lookAgainAtMs = Infinity;
  const look = (): Promise<NixSettings> => {
    lookAgainAtMs = Infinity;
    const answer = find();
    answer.then(
      () => (known = answer),
      (error: unknown) => {
        known = error instanceof NixMissingError ? answer : undefined;
        lookAgainAtMs = now() + MISSING_MS;
      },
    );
    return answer;
  };
  return () => {
    if (known === undefined) return (known = look());
    if (now() >= lookAgainAtMs) void look();
    return known;
  };
};
