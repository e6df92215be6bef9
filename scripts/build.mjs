// Compiles apps, libs, test and bench to dist/ when a source changed since the last time. Plain JavaScript: it runs first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const FOLDERS = ['apps', 'libs', 'test', 'bench'];
/** Copied as they are, so that compiled code finds them where the sources do. */
const ASSETS = ['examples'];
const IS_SOURCE = /\.tsx?$/;
const NOT_COMPILED = /\.spec\.tsx?$|\.d\.ts$/;

const filesUnder = (folder) =>
  fs.existsSync(path.join(root, folder))
    ? fs
        .readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    : [];

/** Where a source's output stands in dist/. */
const outputsOf = (file) => {
  if (!IS_SOURCE.test(file)) return [file];
  if (NOT_COMPILED.test(file)) return [];
  const script = file.replace(IS_SOURCE, '.js');
  return [script, `${script}.map`];
};

const stateOf = (files) => {
  const hash = createHash('sha256');
  for (const file of [...files, '.swcrc', 'package-lock.json']) {
    const { mtimeMs, size } = fs.statSync(path.join(root, file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
};

/** Renames into place, so that a process that reads dist/ meanwhile never sees half a file. */
const place = (from, to) => {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.renameSync(from, to);
};

const compile = (out) => {
  const folders = FOLDERS.filter((folder) => fs.existsSync(path.join(root, folder)));
  const swc = path.join(root, 'node_modules/@swc/cli/bin/swc.js');
  const options = [
    '-d',
    out,
    '--config-file',
    '.swcrc',
    '--extensions',
    '.ts,.tsx',
    '--ignore',
    '**/*.d.ts',
    '--quiet',
  ];
  const run = spawnSync(process.execPath, [swc, ...folders, ...options], { cwd: root, encoding: 'utf8' });
  if (run.status === 0) return true;
  process.stderr.write(`${run.stdout}${run.stderr}${run.error ?? ''}\nThe build failed.\n`);
  process.exitCode = 1;
  return false;
};

/** Builds when needed. A source that does not compile ends the process with code 1. */
export const build = () => {
  const files = [...FOLDERS, ...ASSETS].flatMap(filesUnder).sort();
  const stamp = path.join(root, 'dist/.stamp');
  const state = stateOf(files);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === state) return;

  // Beside dist/, so that the renames stay inside one file system.
  fs.mkdirSync(path.join(root, 'dist'), { recursive: true });
  const work = fs.mkdtempSync(path.join(root, 'dist/.build-'));
  try {
    if (!compile(work)) return;
    const wanted = new Set(files.flatMap(outputsOf));
    for (const file of files) {
      if (!IS_SOURCE.test(file)) {
        fs.mkdirSync(path.dirname(path.join(work, file)), { recursive: true });
        fs.copyFileSync(path.join(root, file), path.join(work, file));
      }
    }
    for (const file of wanted) {
      if (fs.existsSync(path.join(work, file))) place(path.join(work, file), path.join(root, 'dist', file));
    }
    for (const old of FOLDERS.flatMap((folder) => filesUnder(path.join('dist', folder)))) {
      if (!wanted.has(path.relative('dist', old))) fs.rmSync(path.join(root, old), { force: true });
    }
    fs.writeFileSync(stamp, state);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
    if (process.exitCode) process.exit();
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
