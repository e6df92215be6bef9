import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectNix, optionArgs, type NixSettings } from '../src/run/settings.js';
import { run } from '../src/run/process.js';

/** A Nix store of one test: nothing of the machine's own store is read or written. */
export type TestStore = Readonly<{
  /** Scratch directory of the test, removed with the store. */
  dir: string;
  settings: NixSettings;
  /** Writes `text` as a file in the scratch directory and answers its path. */
  write: (name: string, text: string) => Promise<string>;
  /** Reads a file of the scratch directory. */
  read: (name: string) => Promise<string>;
  /** Instantiates an expression; the .drv paths, in order. */
  instantiate: (expression: string) => Promise<string[]>;
  /** Adds a file or directory; its store path. */
  add: (path: string) => Promise<string>;
  /** Runs one of Nix's programs and answers its output; throws on a failure. */
  nixStore: (...args: string[]) => Promise<string>;
  remove: () => Promise<void>;
}>;

export type TestStoreOptions = Readonly<{
  options?: Readonly<Record<string, string>>;
  env?: Readonly<Record<string, string>>;
}>;

/** Environment of a store under `dir`. Builders use /bin/sh; no sandbox, no build users, no substituters. */
export function testStoreEnv(dir: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: join(dir, 'home'),
    TMPDIR: join(dir, 'tmp'),
    NIX_STORE_DIR: join(dir, 'store'),
    NIX_STATE_DIR: join(dir, 'state'),
    NIX_LOG_DIR: join(dir, 'log'),
    NIX_CONF_DIR: join(dir, 'conf'),
    NIX_CONFIG: 'sandbox = false\nbuild-users-group =\nsubstituters =\nfsync-metadata = false',
  };
}

/** Makes an isolated store. Call `remove` at the end. */
export async function withTestStore({ options = {}, env = {} }: TestStoreOptions = {}): Promise<TestStore> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'iolaus-nix-')));
  for (const name of ['home', 'tmp', 'store', 'conf']) await mkdir(join(dir, name));
  const settings = await detectNix({ env: { ...testStoreEnv(dir), ...env }, options });
  const call = async (command: string, args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(command, [...optionArgs(settings), ...args], { env: settings.env });
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout.toString().trim();
  };
  return {
    dir,
    settings,
    write: async (name, text) => {
      const path = join(dir, name);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, text);
      return path;
    },
    read: (name) => readFile(join(dir, name), 'utf8'),
    instantiate: async (expression) =>
      (await call(settings.commands.nixInstantiate, ['-E', expression]))
        .split('\n')
        .map((line) => line.replace(/!.*$/, '')),
    add: (path) => call(settings.commands.nixStore, ['--add', path]),
    nixStore: (...args) => call(settings.commands.nixStore, args),
    remove: async () => {
      // Paths of a store are read-only; root may remove them, another user must be allowed to first.
      await run('chmod', ['-R', 'u+w', dir], { env: settings.env });
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** An expression of a trivial derivation: `script` runs in /bin/sh with `$out`. */
export const shDerivation = (name: string, script: string, more = ''): string =>
  `derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; PATH = "/usr/bin:/bin"; args = [ "-c" ${JSON.stringify(script).replaceAll('${', '\\${')} ]; ${more} }`;
