import { run } from '../run/process.js';
import { optionArgs, type NixSettings } from '../run/settings.js';
import { FetchError, lastLines } from './fetch-error.js';
import { hashToHex, parseHash } from '../format/hash.js';

const nixStore = (settings: NixSettings, args: readonly string[], signal?: AbortSignal): ReturnType<typeof run> =>
  run(settings.commands.nixStore, [...optionArgs(settings), ...args], {
    env: settings.env,
    ...(signal === undefined ? {} : { signal }),
  });

/** Adds a file or directory under its own name; its store path. Throws FetchError, and the reason of `signal`. */
export async function addToStore(
  settings: NixSettings,
  input: string,
  path: string,
  signal?: AbortSignal,
): Promise<string> {
  const { code, stdout, stderr } = await nixStore(settings, ['--add', path], signal);
  if (code !== 0) throw new FetchError(input, 'failed', `cannot add '${path}' to the store: ${lastLines(stderr)}`);
  return stdout.toString().trim();
}

/** Whether a path is there still. */
export const isValid = async (settings: NixSettings, path: string): Promise<boolean> =>
  (await nixStore(settings, ['--check-validity', path])).code === 0;

/** The NAR hash of a valid path, sha256 in hex. */
export async function narHash(settings: NixSettings, path: string): Promise<string> {
  const { code, stdout, stderr } = await nixStore(settings, ['-q', '--hash', path]);
  if (code !== 0) throw new Error(`no hash of '${path}': ${lastLines(stderr)}`);
  return hashToHex(parseHash(stdout.toString().trim())).slice('sha256:'.length);
}
