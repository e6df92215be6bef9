import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run/process.js';
import type { NixSettings } from '../run/settings.js';
import { cloneKey, clonePath } from './clones.js';
import { FetchError, lastLines } from './fetch-error.js';
import { withFileLock } from './file-lock.js';
import type { GitValue } from './git-value.js';
import { addToStore, isValid, narHash } from './store-add.js';
import { readMemory, writeMemory } from './memory.js';
import { z } from 'zod';

export type GitTree = Readonly<{
  storePath: string;
  sha256: string;
  rev: string;
  shortRev: string;
  revCount: number;
  gitTag: string;
}>;

const memory = z.object({ storePath: z.string(), sha256: z.string() });

/** Git without this host's and this user's configuration, prompts, or foreign transports. Keys of ssh come by HOME as ever. */
export function gitEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')));
  return {
    ...own,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oConnectTimeout=30',
    // A repository of another user may be read; its hooks and configuration are never used by a fetch.
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    GIT_CONFIG_KEY_1: 'core.hooksPath',
    GIT_CONFIG_VALUE_1: '/dev/null',
  };
}

/** Fetches a branch or revision into a bare clone under `cacheDir` and adds its tree to the store. */
export async function fetchGit(
  settings: NixSettings,
  input: string,
  value: GitValue,
  cacheDir: string,
  signal?: AbortSignal,
): Promise<GitTree> {
  const key = cloneKey(value.uri);
  const clone = clonePath(cacheDir, 'git', value.uri);
  const env = gitEnv(settings.env);
  const attempt = async (...args: string[]): Promise<{ ok: boolean; out: string; err: string }> => {
    const result = await run(settings.commands.git, args, {
      env,
      timeoutMs: value.timeout * 1000,
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      throw new FetchError(input, 'failed', error instanceof Error ? error.message : String(error), { cause: error });
    });
    if (result.timedOut)
      throw new FetchError(input, 'timed-out', `git took longer than ${value.timeout} seconds on ${value.uri}`);
    return { ok: result.code === 0, out: result.stdout.toString().trim(), err: result.stderr };
  };
  const git = async (...args: string[]): Promise<string> => {
    const { ok, out, err } = await attempt(...args);
    if (!ok) throw new FetchError(input, 'failed', `git on ${value.uri}: ${lastLines(err)}`);
    return out;
  };
  const inClone = (...args: string[]): Promise<string> => git('--git-dir', clone, ...args);

  return withFileLock(`${clone}.lock`, settings.env, async () => {
    await mkdir(clone, { recursive: true });
    await git('init', '--quiet', '--bare', clone);
    const rev = value.rev === undefined ? await fetchBranch() : await fetchRevision(value.rev);
    const [shortRev, revCount, gitTag] = [
      await inClone('rev-parse', '--short', rev),
      Number(await inClone('rev-list', '--count', rev)),
      await inClone('describe', '--always', '--tags', rev),
    ];
    return { ...(await tree(rev)), rev, shortRev, revCount, gitTag };
  });

  async function fetchBranch(): Promise<string> {
    const branch = value.branch ?? (await headBranch());
    const ref = `refs/iolaus/${branch}`;
    await inClone(
      'fetch',
      '--quiet',
      '--force',
      '--tags',
      '--no-write-fetch-head',
      '--',
      value.uri,
      `+${branch}:${ref}`,
    );
    return inClone('rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`);
  }

  /** What the remote's HEAD stands on; else the fallback. */
  async function headBranch(): Promise<string> {
    const listed = await git('ls-remote', '--symref', '--', value.uri, 'HEAD');
    return /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(listed)?.[1] ?? value.fallbackBranch;
  }

  async function fetchRevision(rev: string): Promise<string> {
    const known = async (): Promise<boolean> =>
      (await attempt('--git-dir', clone, 'cat-file', '-e', `${rev}^{commit}`)).ok;
    if (await known()) return rev;
    await inClone(
      'fetch',
      '--quiet',
      '--force',
      '--tags',
      '--no-write-fetch-head',
      '--',
      value.uri,
      '+refs/heads/*:refs/iolaus/*',
    );
    if (await known()) return rev;
    // A server may give out a commit that no branch leads to.
    const direct = await attempt('--git-dir', clone, 'fetch', '--quiet', '--no-write-fetch-head', '--', value.uri, rev);
    if (!direct.ok || !(await known()))
      throw new FetchError(input, 'failed', `revision ${rev} is not in ${value.uri}: ${lastLines(direct.err, 2)}`);
    return rev;
  }

  async function tree(rev: string): Promise<{ storePath: string; sha256: string }> {
    const file = join(cacheDir, 'git-trees', `${key}-${rev}${value.deepClone ? '-deep' : ''}.json`);
    const before = await readMemory(file, memory);
    if (before !== undefined && (await isValid(settings, before.storePath))) return before;
    const dir = await mkdtemp(join(cacheDir, 'tree-'));
    try {
      const source = join(dir, 'source');
      if (value.deepClone) {
        await git('clone', '--quiet', '--no-hardlinks', '--no-checkout', clone, source);
        await git('-C', source, 'checkout', '--quiet', '--detach', rev);
      } else {
        await mkdir(source);
        // Its own index: the clone is shared. checkout-index, not archive: no export-ignore, no export-subst.
        const index = join(dir, 'index');
        const withIndex = { ...env, GIT_INDEX_FILE: index };
        for (const args of [
          ['read-tree', rev],
          ['checkout-index', '--all'],
        ]) {
          const { code, stderr } = await run(
            settings.commands.git,
            ['--git-dir', clone, '--work-tree', source, ...args],
            { env: withIndex, cwd: source },
          );
          if (code !== 0) throw new FetchError(input, 'failed', `git ${args[0]}: ${lastLines(stderr)}`);
        }
      }
      const storePath = await addToStore(settings, input, source);
      const made = { storePath, sha256: await narHash(settings, storePath) };
      await writeMemory(file, made);
      return made;
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
}
