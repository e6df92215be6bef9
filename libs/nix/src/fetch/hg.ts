import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from '../run/process.js';
import type { NixSettings } from '../run/settings.js';
import { cloneKey, clonePath } from './clones.js';
import { FetchError, lastLines } from './fetch-error.js';
import { withFileLock } from './file-lock.js';
import { readMemory, writeMemory } from './memory.js';
import { addToStore, isValid, narHash } from './store-add.js';

/** What a Mercurial input's value says: `URI [id]` (hydra-reference 1.4); `id` a branch, bookmark, tag or revision. */
export type HgValue = Readonly<{ uri: string; id: string }>;

export type HgTree = Readonly<{
  storePath: string;
  sha256: string;
  rev: string;
  shortRev: string;
  /** changesets that it follows from, itself included: the same in every clone, which hg's own numbers are not */
  revCount: number;
}>;

const TIMEOUT_MS = 600_000;
const memory = z.object({ storePath: z.string(), sha256: z.string() });

/** Reads a value. Throws, saying what is wrong with it. */
export function parseHgValue(value: string): HgValue {
  const [uri = '', id = 'default', ...rest] = value.trim().split(/\s+/);
  if (!/^(\/|(https?|ssh|file):\/\/)/.test(uri) || uri.includes('://-'))
    throw new Error(`not an hg URI: '${uri}'; it is an absolute path or begins with http, https, ssh or file`);
  if (!/^[\w.][\w./+-]{0,254}$/.test(id)) throw new Error(`not a branch, bookmark, tag or revision: '${id}'`);
  if (rest.length > 0) throw new Error(`unexpected '${rest.join(' ')}'`);
  return { uri, id };
}

/** Mercurial without this host's and this user's configuration, extensions, hooks and prompts. Keys of ssh come by HOME as ever. */
export const hgEnv = (env: Readonly<Record<string, string>>): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('HG'))),
  LC_ALL: 'C.UTF-8',
  HGPLAIN: '1',
  HGRCPATH: '',
  HGENCODING: 'UTF-8',
});

/** No question at a terminal, neither of hg nor of the ssh that it calls. */
export const HG_OPTIONS = ['--noninteractive', '--config', 'ui.ssh=ssh -oBatchMode=yes -oConnectTimeout=30'];

/** Pulls a branch or revision into a clone under `cacheDir` and adds its tree to the store. Rejects with `FetchError`. */
export async function fetchHg(
  settings: NixSettings,
  input: string,
  { uri, id }: HgValue,
  cacheDir: string,
  signal?: AbortSignal,
): Promise<HgTree> {
  const key = cloneKey(uri);
  const clone = clonePath(cacheDir, 'hg', uri);
  const env = hgEnv(settings.env);
  const attempt = async (...args: string[]): Promise<{ ok: boolean; out: string; err: string }> => {
    const result = await run(settings.commands.hg, [...HG_OPTIONS, ...args], {
      env,
      timeoutMs: TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      const { code, message = String(error) } = error as NodeJS.ErrnoException;
      const words = code === 'ENOENT' ? 'Mercurial is not installed here: there is no hg' : message;
      throw new FetchError(input, 'failed', words, { cause: error });
    });
    if (result.timedOut)
      throw new FetchError(input, 'timed-out', `hg took longer than ${TIMEOUT_MS / 1000} seconds on ${uri}`);
    return { ok: result.code === 0, out: result.stdout.toString().trim(), err: result.stderr };
  };
  const hg = async (...args: string[]): Promise<string> => {
    const { ok, out, err } = await attempt(...args);
    if (!ok) throw new FetchError(input, 'failed', `hg on ${uri}: ${lastLines(err)}`);
    return out;
  };
  const inClone = (...args: string[]): Promise<string> => hg('--repository', clone, ...args);

  return withFileLock(`${clone}.lock`, settings.env, async () => {
    if (!(await attempt('--repository', clone, 'root')).ok) {
      // What a crash left half made is no repository.
      await rm(clone, { recursive: true, force: true });
      await mkdir(join(clone, '..'), { recursive: true });
      await hg('init', '--', clone);
    }
    const known = /^[0-9a-f]{40}$/.test(id) && (await attempt('--repository', clone, 'log', '--rev', id)).ok;
    // Bookmarks move as branches do: the remote's word counts.
    const named = known ? id : await hg('identify', '--id', '--debug', '--rev', id, '--', uri);
    if (!/^[0-9a-f]{40}$/.test(named)) throw new FetchError(input, 'failed', `hg on ${uri}: '${id}' names no revision`);
    if (!known) await inClone('pull', '--quiet', '--force', '--rev', named, '--', uri);
    const revCount = (await inClone('log', '--rev', `ancestors(${named})`, '--template', 'x')).length;
    return { ...(await tree(named)), rev: named, shortRev: named.slice(0, 12), revCount };
  });

  async function tree(rev: string): Promise<{ storePath: string; sha256: string }> {
    const file = join(cacheDir, 'hg-trees', `${key}-${rev}.json`);
    const before = await readMemory(file, memory);
    if (before !== undefined && (await isValid(settings, before.storePath))) return before;
    const dir = await mkdtemp(join(cacheDir, 'tree-'));
    try {
      const source = join(dir, 'source');
      await inClone('archive', '--rev', rev, '--config', 'ui.archivemeta=false', '--', source);
      const storePath = await addToStore(settings, input, source, signal);
      const made = { storePath, sha256: await narHash(settings, storePath) };
      await writeMemory(file, made);
      return made;
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
}
