import { stringify } from 'smol-toml';
import { fileSchema, problemsOf } from '#runtime';
import { BadInputError } from '../errors.js';
import { type Block, type Entry, FormatError, parseConfigGeneral, type Setting } from './config-general.js';

/** What was made of a `hydra.conf`. */
export type Imported = Readonly<{
  /** Our TOML; every value in it is one that we take. */
  toml: string;
  /** One line for each key that was not taken, or taken with a difference: `line 7: tracker: Iolaus has no ...`. */
  notes: readonly string[];
}>;

type Value = string | number | boolean;
type Kind = 'text' | 'number' | 'flag';

/** Keys of Hydra that are ours by another name. */
const TAKEN: Readonly<Record<string, readonly [path: string, kind: Kind]>> = {
  base_uri: ['web.base_url', 'text'],
  gc_roots_dir: ['gc_roots_dir', 'text'],
  max_output_size: ['queue_runner.max_output_size', 'number'],
  max_log_size: ['queue_runner.max_log_size', 'number'],
  max_unsupported_time: ['queue_runner.max_unsupported_time', 'number'],
  max_concurrent_evals: ['evaluator.max_concurrent_evals', 'number'],
  evaluator_workers: ['evaluator.workers', 'number'],
  evaluator_max_memory_size: ['evaluator.max_memory_size', 'number'],
  allow_import_from_derivation: ['nix.allow_import_from_derivation', 'flag'],
};

const S3_TAKEN = ['name', 'jobs', 'prefix', 'compression_type'];

/** Why a key is not taken, where more can be said than that we have nothing like it. */
const REASONS: Readonly<Record<string, string>> = {
  dbi: 'the database is named by IOLAUS_DATABASE_URL, and the log is another than that of Hydra',
  using_frontend_proxy: 'nothing has to be set for a proxy: links and forgery checks go by base_uri',
  max_servers: 'one process of the API serves all connections',
  compress_num_threads: 'uploads compress on as many threads as there are cores',
  'use-substitutes': 'write the caches that may be substituted from as substituters in [nix]',
  store_uri: 'what is built stays in the local store; an [[s3backup]] section copies it to a bucket',
  server_store_uri: 'what is built stays in the local store; an [[s3backup]] section copies it to a bucket',
  binary_cache_dir: 'what is built stays in the local store; an [[s3backup]] section copies it to a bucket',
  evaluator_initial_heap_size: 'GC_INITIAL_HEAP_SIZE in the environment of the worker does the same',
  notification_sender: 'Iolaus sends no mail',
  email_notification: 'Iolaus sends no mail',
};

const NOTHING_LIKE_IT = 'Iolaus has nothing like it';

const valueOf = ({ key, value, line }: Setting, kind: Kind): Value => {
  if (value === undefined) throw new FormatError(line, `${key}: has no value`);
  if (kind === 'text') return value;
  if (kind === 'number') {
    if (/^-?\d{1,15}$/.test(value)) return Number(value);
    throw new FormatError(line, `${key}: must be a whole number`);
  }
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  throw new FormatError(line, `${key}: must be true or false`);
};

const isSettingOf =
  (key: string) =>
  (entry: Entry): entry is Setting =>
    entry.kind === 'setting' && entry.key === key;

/** Config::General makes a list of a key that is there twice, which Hydra takes for none of the keys that we take. */
const refuseTwice = (entries: readonly Entry[], keys: readonly string[], within = ''): void => {
  for (const key of keys) {
    const [first, second] = entries.filter(isSettingOf(key));
    if (first && second) throw new FormatError(second.line, `${within}${key}: is there already, in line ${first.line}`);
  }
};

/** Whether a regular expression has a `|` outside of all groups and classes. */
const alternatesAtTop = (source: string): boolean =>
  source
    .replace(/\\./gs, '')
    .replace(/\[[^\]]*\]/g, '')
    .split('')
    .reduce(
      ({ depth, found }, char) => ({
        depth: depth + (char === '(' ? 1 : char === ')' ? -1 : 0),
        found: found || (char === '|' && depth === 0),
      }),
      { depth: 0, found: false },
    ).found;

/**
 * Makes our TOML of a `hydra.conf`. Throws `BadInputError` that names the line and the key where the file is not in its format
 * or has a value that we would refuse.
 */
export const importHydra = (text: string): Imported => {
  try {
    return imported(parseConfigGeneral(text));
  } catch (error) {
    throw error instanceof FormatError ? new BadInputError(error.message) : error;
  }
};

const imported = (entries: readonly Entry[]): Imported => {
  const notes: { line: number; text: string }[] = [];
  const note = (line: number, key: string, text: string) => notes.push({ line, text: `line ${line}: ${key}: ${text}` });
  /** Line and Hydra's key of each of our keys, to name a value that we refuse. */
  const origins = new Map<string, Readonly<{ line: number; key: string }>>();
  const file: Record<string, unknown> = {};
  const sections: Record<string, Value | string[]>[] = [];
  refuseTwice(entries, [...Object.keys(TAKEN), 'binary_cache_secret_key_file']);

  const takeBackup = (block: Block): void => {
    const path = `s3backup[${sections.length}]`;
    const section: Record<string, Value> = {};
    refuseTwice(block.entries, S3_TAKEN, 's3backup.');
    origins.set(path, { line: block.line, key: '<s3backup>' });
    for (const entry of block.entries) {
      const key = entry.kind === 'block' ? `<${entry.name}>` : entry.key;
      if (entry.kind === 'block' || !S3_TAKEN.includes(key)) {
        note(entry.line, `s3backup.${key}`, NOTHING_LIKE_IT);
        continue;
      }
      section[key] = valueOf(entry, 'text');
      origins.set(`${path}.${key}`, { line: entry.line, key: `s3backup.${key}` });
      if (key === 'jobs' && alternatesAtTop(String(section[key])))
        note(
          entry.line,
          's3backup.jobs',
          'Hydra anchors only the outer ends of "a|b", Iolaus each side of it: compare what it matches',
        );
    }
    sections.push(section);
  };

  const take = (entry: Setting): void => {
    const [path, kind] = TAKEN[entry.key]!;
    const [head, key] = path.split('.') as [string, string?];
    const value = valueOf(entry, kind);
    if (key === undefined) file[head] = value;
    else file[head] = { ...(file[head] as object | undefined), [key]: value };
    origins.set(path, entry);
  };

  for (const entry of entries) {
    if (entry.kind === 'block') {
      if (entry.name === 's3backup') takeBackup(entry);
      else note(entry.line, `<${entry.name}>`, REASONS[entry.name] ?? NOTHING_LIKE_IT);
    } else if (Object.hasOwn(TAKEN, entry.key)) take(entry);
    else if (entry.key !== 'binary_cache_secret_key_file')
      note(entry.line, entry.key, Object.hasOwn(REASONS, entry.key) ? REASONS[entry.key]! : NOTHING_LIKE_IT);
  }

  const signing = entries.find(isSettingOf('binary_cache_secret_key_file'));
  if (signing) {
    const key = String(valueOf(signing, 'text'));
    for (const section of sections) section['secret_key_files'] = [key];
    note(
      signing.line,
      signing.key,
      sections.length > 0
        ? 'taken as secret_key_files of every section: Hydra does not sign backups'
        : 'there is no <s3backup> to sign',
    );
  }
  if (sections.length > 0) file['s3backup'] = sections;
  check(file, origins);
  return {
    toml: Object.keys(file).length === 0 ? '' : `${stringify(inOrder(file)).trim()}\n`,
    notes: notes.sort((a, b) => a.line - b.line).map(({ text }) => text),
  };
};

/** TOML wants what stands outside of tables first. */
const inOrder = (file: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(file).sort(([, a], [, b]) => Number(typeof a === 'object') - Number(typeof b === 'object')),
  );

/** Refuses what our own schema refuses, all at once, by the lines that it came from. */
const check = (
  file: Record<string, unknown>,
  origins: ReadonlyMap<string, Readonly<{ line: number; key: string }>>,
): void => {
  const parsed = fileSchema.safeParse(file);
  if (parsed.success) return;
  const lines = problemsOf(parsed.error, (path) => path).map(({ key, rule }) => {
    const exact = origins.get(key);
    if (exact) return `line ${exact.line}: ${exact.key}: ${rule}`;
    // A key that is missing has no line of its own: its section has.
    const section = origins.get(key.replace(/\.[^.]*$/, ''));
    return section ? `line ${section.line}: ${section.key} ${key.replace(/^.*\./, '')}: ${rule}` : `${key}: ${rule}`;
  });
  throw new BadInputError(lines.join('\n'));
};
