import type { EvaluationInput } from '../evaluate/inputs.js';
import { run } from '../run/process.js';
import { optionArgs, type NixSettings } from '../run/settings.js';
import { FetchError, lastLines } from './fetch-error.js';
import { fetchGit } from './git.js';
import { parseGitValue } from './git-value.js';
import { fetchHg, parseHgValue } from './hg.js';
import { fetchPath } from './path.js';

/** An input of a jobset as it is configured. */
export type InputSpec = Readonly<{ name: string; type: string; value: string }>;

/** Types that `fetchInput` knows. `build`, `sysbuild` and `eval` need the farm's own memory: the caller resolves them. */
export const FETCHED_INPUT_TYPES = ['string', 'boolean', 'nix', 'git', 'hg', 'path'] as const;

/** An input with what an evaluation records of it. */
export type FetchedInput = Readonly<{
  /** For `evaluateJobs`. */
  argument: EvaluationInput;
  type: string;
  uri?: string;
  revision?: string;
  value?: string;
  storePath?: string;
  /** Of the NAR, hex. */
  sha256?: string;
}>;

export type FetchContext = Readonly<{
  settings: NixSettings;
  /** Clones and memories; must outlive the process, else path inputs get new revisions. */
  cacheDir: string;
  /** Clock, ms. */
  now: () => number;
  signal?: AbortSignal;
}>;

/** Fetches one input. Rejects with FetchError. */
export async function fetchInput(
  { settings, cacheDir, now, signal }: FetchContext,
  { name, type, value: raw }: InputSpec,
): Promise<FetchedInput> {
  // A string is kept as it is written; no other value means its outer blanks.
  const value = type === 'string' ? raw : raw.trim();
  switch (type) {
    case 'string':
      return { argument: { name, type, value }, type, value };
    case 'boolean':
      if (value !== 'true' && value !== 'false')
        throw new FetchError(name, 'invalid-value', `a boolean is 'true' or 'false', not '${value}'`);
      return { argument: { name, type, value: value === 'true' }, type, value };
    case 'nix':
      await checkNix(settings, name, value);
      return { argument: { name, type, value }, type, value };
    case 'git': {
      const git = valueOf(name, () => parseGitValue(value));
      const { storePath, sha256, rev, shortRev, revCount, gitTag } = await fetchGit(
        settings,
        name,
        git,
        cacheDir,
        signal,
      );
      const argument = { name, type, storePath, uri: git.uri, rev, shortRev, revCount, gitTag } as const;
      return { argument, type, uri: git.uri, revision: rev, storePath, sha256 };
    }
    case 'hg': {
      const hg = valueOf(name, () => parseHgValue(value));
      const { storePath, sha256, rev, shortRev, revCount } = await fetchHg(settings, name, hg, cacheDir, signal);
      return {
        argument: { name, type, storePath, uri: hg.uri, rev, shortRev, revCount },
        type,
        uri: hg.uri,
        revision: rev,
        storePath,
        sha256,
      };
    }
    case 'path': {
      const { storePath, sha256, revision, uri } = await fetchPath(settings, name, value, cacheDir, now(), signal);
      return { argument: { name, type, storePath, uri, rev: revision }, type, uri, revision, storePath, sha256 };
    }
    default:
      throw new FetchError(name, 'unsupported-type', `type '${type}' is not supported`);
  }
}

function valueOf<T>(input: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new FetchError(input, 'invalid-value', (error as Error).message, { cause: error });
  }
}

/** A value that closes its own bracket would become part of our expression: it must parse alone. */
async function checkNix(settings: NixSettings, input: string, value: string): Promise<void> {
  const args = [...optionArgs(settings), '--parse', '-'];
  const { code, stderr } = await run(settings.commands.nixInstantiate, args, {
    env: settings.env,
    input: value,
    timeoutMs: 30_000,
  });
  if (code !== 0) throw new FetchError(input, 'invalid-value', `not a Nix expression: ${lastLines(stderr)}`);
}
