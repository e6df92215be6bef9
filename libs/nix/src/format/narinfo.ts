import { signText, verifyText, type SecretKey } from './signing.js';
import { parseStorePath } from './store-path.js';

/**
 * A narinfo file: what a binary cache says about a store path.
 *
 *     StorePath: /nix/store/p4pclmv1gyja5kzc26npqpia1qqxrf0l-hello-2.12
 *     URL: nar/1w1fff….nar.xz
 *     Compression: xz
 *     FileHash: sha256:1w1fff…            (nix base 32)
 *     FileSize: 50096
 *     NarHash: sha256:0yzhi…
 *     NarSize: 226560
 *     References: 3n58xw…-glibc-2.35-224 p4pclm…-hello-2.12     (base names)
 *     Deriver: bqjzr…-hello-2.12.drv
 *     Sig: cache.example.org-1:base64…
 *
 * Source: `NarInfo::NarInfo`, `NarInfo::to_string` in Nix's libstore/nar-info.cc.
 */
export type NarInfo = Readonly<{
  storePath: string;
  /** Relative to the cache. */
  url: string;
  /** Nix takes an absent one for `bzip2`. */
  compression: string;
  /** Of the compressed file. Nix does not check it (2.8), so we must. */
  fileHash?: string;
  fileSize?: number;
  /** `sha256:BASE32` of the NAR. */
  narHash: string;
  narSize: number;
  /** Whole store paths. */
  references: readonly string[];
  /** Whole store path. */
  deriver?: string;
  system?: string;
  sigs: readonly string[];
  ca?: string;
}>;

/** Writes a narinfo. */
export function formatNarInfo(info: NarInfo): string {
  const base = (path: string): string => parseStorePath(path).baseName;
  const lines: [string, string | number | undefined][] = [
    ['StorePath', info.storePath],
    ['URL', info.url],
    ['Compression', info.compression],
    ['FileHash', info.fileHash],
    ['FileSize', info.fileSize],
    ['NarHash', info.narHash],
    ['NarSize', info.narSize],
    ['References', info.references.map(base).sort().join(' ')],
    ['Deriver', info.deriver === undefined ? undefined : base(info.deriver)],
    ['System', info.system],
    ...info.sigs.map((sig): [string, string] => ['Sig', sig]),
    ['CA', info.ca],
  ];
  return lines.flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}\n`])).join('');
}

/** Reads a narinfo. Throws, naming the field, where one is missing, doubled or wrong. */
export function parseNarInfo(text: string): NarInfo {
  const fields = new Map<string, string>();
  const sigs: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const cut = line.indexOf(': ') >= 0 ? line.indexOf(': ') : line.endsWith(':') ? line.length - 1 : -1;
    if (cut < 0) throw new Error(`bad narinfo line: '${line.slice(0, 100)}'`);
    const [key, value] = [line.slice(0, cut), line.slice(cut + 2)];
    if (key === 'Sig') sigs.push(value);
    else if (fields.has(key)) throw new Error(`narinfo has two fields '${key}'`);
    else fields.set(key, value);
  }
  const need = (key: string): string => {
    const value = fields.get(key);
    if (value === undefined || value === '') throw new Error(`narinfo lacks '${key}'`);
    return value;
  };
  const size = (key: string, value: string): number => {
    if (!/^\d{1,15}$/.test(value)) throw new Error(`narinfo has a bad '${key}': '${value}'`);
    return Number(value);
  };
  const { path: storePath, storeDir } = parseStorePath(need('StorePath'));
  const whole = (base: string): string => parseStorePath(`${storeDir}/${base}`).path;
  const optional = <K extends string, T>(key: string, name: K, read: (value: string) => T): Partial<Record<K, T>> => {
    const value = fields.get(key);
    return value === undefined || value === '' ? {} : ({ [name]: read(value) } as Record<K, T>);
  };
  return {
    storePath,
    url: need('URL'),
    compression: fields.get('Compression') || 'bzip2',
    ...optional('FileHash', 'fileHash', String),
    ...optional('FileSize', 'fileSize', (value) => size('FileSize', value)),
    narHash: need('NarHash'),
    narSize: size('NarSize', need('NarSize')),
    references: (fields.get('References') ?? '')
      .split(' ')
      .filter((base) => base !== '')
      .map(whole),
    ...(fields.get('Deriver') === 'unknown-deriver' ? {} : optional('Deriver', 'deriver', whole)),
    ...optional('System', 'system', String),
    sigs,
    ...optional('CA', 'ca', String),
  };
}

/** What a signature covers: `1;PATH;NARHASH;NARSIZE;REF,REF` with whole paths, sorted, and the hash as `sha256:BASE32`. */
export const narInfoFingerprint = (info: Pick<NarInfo, 'storePath' | 'narHash' | 'narSize' | 'references'>): string => {
  if (!/^sha256:[0-9a-z]{52}$/.test(info.narHash)) throw new Error(`not a NAR hash in base 32: '${info.narHash}'`);
  return `1;${info.storePath};${info.narHash};${info.narSize};${[...info.references].sort().join(',')}`;
};

/** The narinfo with one more signature; signing twice by the same key leaves one. */
export const signNarInfo = (info: NarInfo, key: SecretKey): NarInfo => ({
  ...info,
  sigs: [...info.sigs.filter((sig) => !sig.startsWith(`${key.name}:`)), signText(key, narInfoFingerprint(info))],
});

/** Whether one of the signatures is by one of the public keys (`NAME:base64`). */
export const isSigned = (info: NarInfo, publicKeys: readonly string[]): boolean =>
  publicKeys.some((publicKey) => info.sigs.some((sig) => verifyText(publicKey, narInfoFingerprint(info), sig)));

/** The file `nix-cache-info`, by which Nix knows a binary cache. Lower priority is asked first. */
export const nixCacheInfo = (storeDir: string, { wantMassQuery = true, priority = 50 } = {}): string =>
  `StoreDir: ${storeDir}\nWantMassQuery: ${wantMassQuery ? 1 : 0}\nPriority: ${priority}\n`;
