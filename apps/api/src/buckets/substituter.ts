import type { S3BackupConfig } from '#runtime';
import { word } from '../ui/shell-word.js';

/** How Nix can fetch from a place. */
export type Substituter = Readonly<{
  /** What Nix is told: http, https or s3. */
  url: string;
  /** what has to hold first, where something has */
  note?: string;
}>;

const AMAZON = 'us-east-1';

/** `https://endpoint/bucket` or `https://bucket.endpoint`, as the bucket is addressed. */
const httpAddress = ({ name, endpoint, region, forcePathStyle }: S3BackupConfig): string => {
  const service = new URL(endpoint ?? `https://s3.${region ?? AMAZON}.amazonaws.com`);
  const base = service.pathname.replace(/\/+$/, '');
  return forcePathStyle
    ? `${service.protocol}//${service.host}${base}/${name}`
    : `${service.protocol}//${name}.${service.host}${base}`;
};

/** https://nix.dev/manual/nix/latest/store/types/s3-binary-cache-store: the bucket, then how to reach it. */
const s3Address = ({ name, endpoint, region }: S3BackupConfig): string => {
  const query = new URLSearchParams();
  if (endpoint !== undefined) {
    const service = new URL(endpoint);
    query.set('endpoint', service.host);
    if (service.protocol === 'http:') query.set('scheme', 'http');
  }
  if (region !== undefined) query.set('region', region);
  const text = query.toString();
  return `s3://${name}${text === '' ? '' : `?${text}`}`;
};

/**
 * Where Nix substitutes from for a section; undefined: from nowhere, since Nix puts a `/` behind what it is told and the prefix
 * has none. A bucket with a prefix is only reached by HTTP: an s3:// store is a whole bucket.
 */
export const substituterOf = (section: S3BackupConfig): Substituter | undefined => {
  const { prefix } = section;
  // The address that people gave is that of the place, its prefix included.
  if (section.public !== undefined) return { url: section.public.replace(/\/+$/, '') };
  if (prefix === '') return { url: s3Address(section), note: 'with AWS credentials that may read the bucket' };
  if (!prefix.endsWith('/')) return undefined;
  const path = prefix.slice(0, -1).split('/').map(encodeURIComponent).join('/');
  return { url: `${httpAddress(section)}/${path}`, note: 'where everybody may read the bucket' };
};

/**
 * Command lines that fetch store paths from a substituter: by `nix copy`, and by `nix-store`, which takes only what is not there.
 * `publicKeys` undefined: nothing there is signed, so Nix is told not to ask for it; empty: signed by keys that we do not know.
 */
export const fetchCommands = (
  { url }: Substituter,
  paths: readonly string[],
  publicKeys: readonly string[] | undefined,
): readonly string[] => {
  const all = paths.map(word).join(' ');
  const trusted = publicKeys?.length ? ` --option extra-trusted-public-keys ${word(publicKeys.join(' '))}` : '';
  const unsigned = publicKeys === undefined;
  return [
    `nix copy${unsigned ? ' --no-check-sigs' : ''} --from ${word(url)}${trusted} ${all}`,
    `nix-store -r ${all} --option substituters ${word(url)}${unsigned ? ' --option require-sigs false' : trusted}`,
  ];
};

/** The command line that has a build's copy to one place made again. */
export const pushCommand = ({ buildId, bucket, prefix }: { buildId: number; bucket: string; prefix: string }): string =>
  `npx iolaus s3-backup push ${buildId} --bucket ${word(bucket)} --prefix ${prefix === '' ? "''" : word(prefix)}`;
