import { z } from 'zod';
import { run, stripAnsi } from '../run/process.js';
import { optionArgs, type NixSettings } from '../run/settings.js';
import { FetchError, lastLines } from './fetch-error.js';

const answer = z.object({
  url: z.string(),
  revision: z.string().optional(),
  revCount: z.number().optional(),
  lastModified: z.number().optional(),
  path: z.string(),
  description: z.string().optional(),
});

/** A flake as it stands now. `url` is locked: it names this content for ever. `lastModified`: Unix seconds. */
export type FlakeMetadata = Readonly<z.infer<typeof answer>>;

/** Asks what a flake reference stands for now. Rejects with FetchError. */
export async function flakeMetadata(
  settings: NixSettings,
  url: string,
  { timeoutMs = 600_000, signal }: Readonly<{ timeoutMs?: number; signal?: AbortSignal }> = {},
): Promise<FlakeMetadata> {
  const fail = (kind: FetchError['kind'], detail: string): never => {
    throw new FetchError('flake', kind, detail);
  };
  if (!/^[A-Za-z][A-Za-z0-9+.-]*[:/]?\S*$/.test(url)) fail('invalid-value', `not a flake reference: '${url}'`);
  const features = {
    'experimental-features': `${settings.options['experimental-features'] ?? ''} nix-command flakes`.trim(),
  };
  const args = [
    'flake',
    'metadata',
    '--json',
    '--refresh',
    '--no-write-lock-file',
    ...optionArgs(settings, features),
    url,
  ];
  const result = await run(settings.commands.nix, args, {
    env: { ...settings.env, GIT_TERMINAL_PROMPT: '0' },
    timeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.timedOut) fail('timed-out', `'${url}' took longer than ${timeoutMs / 1000} seconds`);
  if (result.code !== 0) fail('failed', lastLines(stripAnsi(result.stderr)));
  return answer.parse(JSON.parse(result.stdout.toString()));
}
