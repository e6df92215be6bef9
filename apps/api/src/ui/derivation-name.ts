/** Base name without the hash and the ending: what people call a derivation, or a path of the store. */
export const derivationName = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/^[0-9a-z]{32}-/, '')
    .replace(/\.drv$/, '');
