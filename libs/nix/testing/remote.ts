import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../src/run/process.js';
import type { TestStore } from './store.js';

/** Another machine's store, with the same store directory as a test's own, on this host. */
export type TestRemote = Readonly<{
  /** What stands before a program that is run there: it sees its own store and database where the test's own stand. */
  inside: readonly string[];
  /** Its serve command. */
  command: readonly string[];
  /** where its files really are */
  storeDir: string;
  /** Runs `nix-store` there; answers what it printed, '' where it failed. */
  nixStore: (...args: string[]) => Promise<string>;
  remove: () => Promise<void>;
}>;

/** Needs root and CAP_SYS_ADMIN: bind mounts in a mount namespace of the command's own. */
export const withRemoteStore = async ({ dir, settings }: TestStore): Promise<TestRemote> => {
  const there = await realpath(await mkdtemp(join(tmpdir(), 'iolaus-remote-')));
  const parts = ['store', 'state', 'log'];
  for (const part of parts) await Promise.all([dir, there].map((at) => mkdir(join(at, part), { recursive: true })));
  const mounts = parts.map((part) => `mount --bind '${there}/${part}' '${dir}/${part}'`).join(' && ');
  const inside = (...args: readonly string[]): string[] => ['-m', 'sh', '-c', `${mounts} && exec "$@"`, 'sh', ...args];
  const nixStore = async (...args: string[]): Promise<string> => {
    const done = await run('unshare', inside(settings.commands.nixStore, ...args), { env: settings.env });
    return done.code === 0 ? done.stdout.toString().trim() : '';
  };
  const probe = await run('unshare', inside('true'), { env: settings.env });
  if (probe.code !== 0)
    throw new Error(`a second store needs bind mounts (root with CAP_SYS_ADMIN): ${probe.stderr.trim()}`);
  // A machine's store is long made when builds come; two that come at once would make a new one twice.
  await nixStore('--init');
  return {
    inside: ['unshare', ...inside()],
    command: ['unshare', ...inside(settings.commands.nixStore, '--serve', '--write')],
    storeDir: join(there, 'store'),
    nixStore,
    remove: async () => {
      await run('chmod', ['-R', 'u+w', there], { env: settings.env });
      await rm(there, { recursive: true, force: true });
    },
  };
};
