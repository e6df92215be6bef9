import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from '../run/process.js';
import { optionArgs, type NixSettings } from '../run/settings.js';
import { FetchError, lastLines } from './fetch-error.js';
import { withFileLock } from './file-lock.js';
import { readMemory, writeMemory } from './memory.js';
import { addToStore, isValid, narHash } from './store-add.js';

const memory = z.object({
  /** When each content (sha256 of its NAR, hex) was first seen, `YYYYmmddHHMMSS`. */
  seen: z.record(z.string(), z.string()),
  last: z.object({ at: z.number(), storePath: z.string(), sha256: z.string() }),
});

export type PathTree = Readonly<{
  storePath: string;
  sha256: string;
  /** `YYYYmmddHHMMSS:sha256` of the content's first sight */ revision: string;
  uri: string;
}>;

const DEFAULT_CACHE_SECONDS = 30;

/** Adds `PATH-or-URL [cache-seconds]` to the store. Content that was seen before has its old revision again. `now`: ms. */
export async function fetchPath(
  settings: NixSettings,
  input: string,
  value: string,
  cacheDir: string,
  now: number,
  signal?: AbortSignal,
): Promise<PathTree> {
  const [uri, seconds, ...rest] = value.trim().split(/\s+/);
  if (uri === undefined || uri === '' || rest.length > 0)
    throw new FetchError(input, 'invalid-value', `a path input is 'PATH [cache-seconds]', not '${value}'`);
  if (!uri.startsWith('/') && !/^[a-z]+:\/\//.test(uri))
    throw new FetchError(input, 'invalid-value', `'${uri}' is neither an absolute path nor a URL`);
  if (seconds !== undefined && !/^\d{1,9}$/.test(seconds))
    throw new FetchError(input, 'invalid-value', `'${seconds}' are not whole seconds`);
  const validity = 1000 * Number(seconds ?? DEFAULT_CACHE_SECONDS);
  const file = join(cacheDir, 'path', `${createHash('sha256').update(uri).digest('hex')}.json`);
  return withFileLock(`${file}.lock`, settings.env, async () => {
    const before = await readMemory(file, memory);
    const last = before?.last;
    if (last !== undefined && now - last.at < validity && now >= last.at && (await isValid(settings, last.storePath)))
      return {
        storePath: last.storePath,
        sha256: last.sha256,
        revision: `${before!.seen[last.sha256]}:${last.sha256}`,
        uri,
      };
    const storePath = uri.startsWith('/')
      ? await addToStore(settings, input, uri, signal)
      : await download(settings, input, uri, signal);
    const sha256 = await narHash(settings, storePath);
    const first = before?.seen[sha256] ?? timestamp(now);
    await writeMemory(file, { seen: { ...before?.seen, [sha256]: first }, last: { at: now, storePath, sha256 } });
    return { storePath, sha256, revision: `${first}:${sha256}`, uri };
  });
}

/** `YYYYmmddHHMMSS` in UTC. */
const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14);

async function download(settings: NixSettings, input: string, url: string, signal?: AbortSignal): Promise<string> {
  const args = [...optionArgs(settings), '--option', 'tarball-ttl', '0', '--print-path', url];
  const { code, stdout, stderr } = await run(settings.commands.nixPrefetchUrl, args, {
    env: settings.env,
    timeoutMs: 600_000,
    ...(signal === undefined ? {} : { signal }),
  });
  const storePath = stdout.toString().trim().split('\n').at(-1);
  if (code !== 0 || storePath === undefined)
    throw new FetchError(input, 'failed', `cannot fetch ${url}: ${lastLines(stderr)}`);
  return storePath;
}
