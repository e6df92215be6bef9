import { access } from 'node:fs/promises';
import { run, TooMuchOutputError } from '../run/process.js';
import type { NixSettings } from '../run/settings.js';
import { clonePath, type Cloned } from './clones.js';
import { lastLines } from './fetch-error.js';
import { gitEnv } from './git.js';
import { HG_OPTIONS, hgEnv } from './hg.js';

/** Two revisions of a repository, by the address that it was fetched from. */
export type ScmDiffRequest = Readonly<{
  kind: Cloned;
  uri: string;
  /** older */ rev1: string;
  /** newer */ rev2: string;
}>;

/** What happened between two revisions of a repository, for people; `unknown`: what of the request the cache does not hold. */
export type ScmDiff = Readonly<{ text: string }> | Readonly<{ unknown: 'uri' | 'rev1' | 'rev2' }>;

/** Hydra's rule; one that also names no option, range or path. */
export const REVISION = /^[A-Za-z0-9_.]{1,255}$/;

const MOST_COMMITS = 500;
const MOST_BYTES = 1024 * 1024;
const TIMEOUT_MS = 10_000;

/** Runs a command on a clone; undefined: it failed. */
type Read = (...args: string[]) => Promise<string | undefined>;

/** Where there is too much of something, its number of bytes is said instead. */
const orTooMuch = async (what: string, print: Promise<string | undefined>): Promise<string> => {
  try {
    return (await print) ?? `(${what} cannot be shown)\n`;
  } catch (error) {
    if (!(error instanceof TooMuchOutputError)) throw error;
    return `(${what}: more than ${MOST_BYTES} bytes, which are not shown)\n`;
  }
};

/**
 * The log from one revision to another and their difference, from the clone that fetches left behind: nothing is fetched. Revisions
 * must match `REVISION`. Rejects where a command takes longer than 10 s.
 */
export const scmDiff = async (
  settings: NixSettings,
  cacheDir: string,
  { kind, uri, rev1, rev2 }: ScmDiffRequest,
  signal?: AbortSignal,
): Promise<ScmDiff> => {
  const clone = clonePath(cacheDir, kind, uri);
  const isThere = await access(clone).then(
    () => true,
    () => false,
  );
  if (!isThere) return { unknown: 'uri' };
  const read: Read = async (...args) => {
    const command = kind === 'git' ? settings.commands.git : settings.commands.hg;
    const before = kind === 'git' ? ['--no-pager', '--git-dir', clone] : [...HG_OPTIONS, '--repository', clone];
    const { code, stdout, stderr, timedOut } = await run(command, [...before, ...args], {
      env: kind === 'git' ? gitEnv(settings.env) : hgEnv(settings.env),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MOST_BYTES,
      ...(signal === undefined ? {} : { signal }),
    });
    if (timedOut) throw new Error(`${kind} took longer than ${TIMEOUT_MS / 1000} s: ${lastLines(stderr)}`);
    return code === 0 ? stdout.toString() : undefined;
  };
  return kind === 'git' ? gitDiff(read, rev1, rev2) : hgDiff(read, rev1, rev2);
};

/** A whole revision of what a client called one; undefined: the clone knows none of that name. */
const resolved = async (rev: string, print: (rev: string) => Promise<string | undefined>) => {
  const found = REVISION.test(rev) ? (await print(rev))?.trim() : undefined;
  return found !== undefined && /^[0-9a-f]{40,64}$/.test(found) ? found : undefined;
};

const gitDiff = async (read: Read, rev1: string, rev2: string): Promise<ScmDiff> => {
  const parse = (rev: string) => read('rev-parse', '--verify', '--quiet', '--end-of-options', `${rev}^{commit}`);
  const [from, to] = [await resolved(rev1, parse), await resolved(rev2, parse)];
  if (from === undefined || to === undefined) return { unknown: from === undefined ? 'rev1' : 'rev2' };
  // Neither a program nor a filter that a repository may name is run.
  const plain = ['--no-color', '--no-ext-diff', '--no-textconv'];
  const log = read('log', ...plain, '--no-show-signature', `--max-count=${MOST_COMMITS}`, `${from}..${to}`, '--');
  const text = await orTooMuch('the log', log);
  return { text: `${text}\n${await orTooMuch('the difference', read('diff', ...plain, from, to, '--'))}` };
};

const hgDiff = async (read: Read, rev1: string, rev2: string): Promise<ScmDiff> => {
  // A name could be one of hg's own expressions: hashes only.
  const parse = async (rev: string) =>
    /^[0-9a-f]{12,40}$/.test(rev) ? read('log', '--rev', `id(${rev})`, '--template', '{node}') : undefined;
  const [from, to] = [await resolved(rev1, parse), await resolved(rev2, parse)];
  if (from === undefined || to === undefined) return { unknown: from === undefined ? 'rev1' : 'rev2' };
  const log = read('log', '--limit', String(MOST_COMMITS), '--rev', `reverse(only(${to}, ${from}))`);
  const text = await orTooMuch('the log', log);
  return { text: `${text}\n${await orTooMuch('the difference', read('diff', '--git', '--rev', from, '--rev', to))}` };
};
