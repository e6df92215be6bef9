import { setTimeout as wait } from 'node:timers/promises';
import { run, type RunResult } from './process.js';

/** How Nix and git are called: one value, passed to everything here that starts a process. */
export type NixSettings = Readonly<{
  /** `/nix/store` or, in tests, somewhere else. */
  storeDir: string;
  /** Of `nix-store --version`, e.g. `2.8.0`. */
  version: string;
  /** The whole environment of the processes; nothing is inherited. Needs PATH and HOME. */
  env: Readonly<Record<string, string>>;
  commands: Readonly<{
    nix: string;
    nixStore: string;
    nixInstantiate: string;
    nixPrefetchUrl: string;
    nixDaemon: string;
    git: string;
    hg: string;
  }>;
  /** Passed as `--option NAME VALUE` to every Nix process. */
  options: Readonly<Record<string, string>>;
}>;

export type NixConfig = Readonly<{
  env: Readonly<Record<string, string | undefined>>;
  /** Directory of the Nix programs; default: found by PATH. */
  binDir?: string;
  /** Substituters to use. None unless given: an unreachable default one costs seconds for each process. */
  substituters?: readonly string[];
  options?: Readonly<Record<string, string>>;
}>;

/** There is no usable Nix here. The message says what to do. */
export class NixMissingError extends Error {
  override readonly name = 'NixMissingError';
}

const MINIMUM = [2, 8] as const;
/** What Nix says while another process makes the same new store: schema half-written, database locked, a link made twice. */
const STORE_IN_THE_MAKING = /\/db\/schema' is corrupt|SQLite database '.*' is busy|creating symlink .*: File exists/;
const NEW_STORE_TRIES = 30;
const NEW_STORE_PAUSE_MS = 100;

/** Finds Nix, its version and its store directory. Throws NixMissingError. */
export async function detectNix(config: NixConfig): Promise<NixSettings> {
  const command = (name: string): string => (config.binDir === undefined ? name : `${config.binDir}/${name}`);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(config.env)) if (value !== undefined) env[name] = value;
  const nixStore = command('nix-store');
  const settings = {
    storeDir: '',
    version: '',
    env,
    commands: {
      nix: command('nix'),
      nixStore,
      nixInstantiate: command('nix-instantiate'),
      nixPrefetchUrl: command('nix-prefetch-url'),
      nixDaemon: command('nix-daemon'),
      git: 'git',
      hg: 'hg',
    },
    options: { substituters: (config.substituters ?? []).join(' '), ...config.options },
  };
  const version = await nixVersion(nixStore, env);
  const found = await whenStoreIsMade(() =>
    run(settings.commands.nixInstantiate, [...optionArgs(settings), '--eval', '--json', '-E', 'builtins.storeDir'], {
      env,
    }),
  );
  if (found.code !== 0) throw new NixMissingError(`nix-instantiate does not work: ${found.stderr.trim()}`);
  return { ...settings, version, storeDir: JSON.parse(found.stdout.toString()) as string };
}

/** Runs again what fails only because another process is making the store. */
async function whenStoreIsMade(ask: () => Promise<RunResult>): Promise<RunResult> {
  let found = await ask();
  for (
    let tries = 1;
    tries < NEW_STORE_TRIES && found.code !== 0 && STORE_IN_THE_MAKING.test(found.stderr);
    tries += 1
  ) {
    await wait(NEW_STORE_PAUSE_MS);
    found = await ask();
  }
  return found;
}

async function nixVersion(nixStore: string, env: Readonly<Record<string, string>>): Promise<string> {
  const hint = 'Iolaus needs Nix 2.8 or later on PATH (https://nixos.org/download)';
  const found = await whenStoreIsMade(() =>
    run(nixStore, ['--version'], { env }).catch((error: unknown) => {
      throw new NixMissingError(`cannot run '${nixStore}'. ${hint}`, { cause: error });
    }),
  );
  const said = `${found.stdout.toString()} ${found.stderr}`.trim();
  const version = /(\d+)\.(\d+)[\w.]*/.exec(found.stdout.toString());
  if (found.code !== 0 || version === null)
    throw new NixMissingError(
      `'${nixStore} --version' does not work (exit code ${found.code}, it said '${said}'). ${hint}`,
    );
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1]))
    throw new NixMissingError(`Nix is ${version[0]}. ${hint}`);
  return version[0];
}

/** `--option NAME VALUE …` of the settings, with more where given. */
export const optionArgs = (
  settings: Pick<NixSettings, 'options'>,
  more: Readonly<Record<string, string>> = {},
): string[] => Object.entries({ ...settings.options, ...more }).flatMap(([name, value]) => ['--option', name, value]);

/** The command of a serve connection to the local store. */
export const localServeCommand = (settings: NixSettings): string[] => [
  settings.commands.nixStore,
  ...optionArgs(settings),
  '--serve',
  '--write',
];
