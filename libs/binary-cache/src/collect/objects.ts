/** What an object under a prefix is: by its key, as in Hydra. */
export type ObjectKind =
  | Readonly<{ kind: 'nar' | 'narinfo'; /** of the store path */ hash: string }>
  /** `nix-cache-info`, which makes a bucket a cache: never garbage */
  | Readonly<{ kind: 'cache-info' }>
  /** of another place, whose prefix begins with this one's */
  | Readonly<{ kind: 'elsewhere' }>
  /** nothing that Iolaus puts there */
  | Readonly<{ kind: 'foreign' }>;

/** `0ywz3pyqxh0zsl8xd2ryz4n8hl10mp0v.narinfo`; the letters are those of Nix's base 32. */
const OURS = /^([0-9a-df-np-sv-z]{32})\.(nar|narinfo)$/;

/** Tells objects apart. `otherPrefixes`: of the places in the same bucket; those that lie within this one are not looked at. */
export const classifier = (prefix: string, otherPrefixes: readonly string[]): ((key: string) => ObjectKind) => {
  const within = otherPrefixes.filter((other) => other !== prefix && other.startsWith(prefix));
  return (key) => {
    if (!key.startsWith(prefix) || within.some((other) => key.startsWith(other))) return { kind: 'elsewhere' };
    const [, hash, kind] = OURS.exec(key.slice(prefix.length)) ?? [];
    if (hash !== undefined) return { kind: kind as 'nar' | 'narinfo', hash };
    return { kind: key.slice(key.lastIndexOf('/') + 1) === 'nix-cache-info' ? 'cache-info' : 'foreign' };
  };
};
