// `npm test [-- JEST ARGUMENTS]`: installs what is missing, builds, runs the tests; the last line says how many.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from './bootstrap.mjs';
import { build } from './build.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const args = process.argv.slice(2);
bootstrap({ browser: true });
build();

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'iolaus-test-'));
const summaryFile = process.env.IOLAUS_TEST_SUMMARY ?? path.join(folder, 'summary.json');
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/jest/bin/jest.js',
    '--reporters=default',
    '--reporters=<rootDir>/scripts/summary-reporter.mjs',
    // Behind the reporters, whose list would swallow the arguments that follow.
    '--maxWorkers=2',
    ...args,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS:
        `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
      IOLAUS_TEST_SUMMARY: summaryFile,
    },
  },
);
const { passed, failed, left } = fs.existsSync(summaryFile)
  ? JSON.parse(fs.readFileSync(summaryFile, 'utf8'))
  : { passed: 0, failed: 1, left: 0 };
fs.rmSync(folder, { recursive: true });

// A run of everything has to be one: nothing skipped, nothing left for later. A chosen part may leave tests out.
const incomplete = args.length === 0 && left > 0;
if (incomplete) process.stderr.write(`${left} tests were skipped or left for later\n`);
if (passed + failed === 0) process.stderr.write('no test ran\n');
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(status !== 0 || failed > 0 || passed === 0 || incomplete ? 1 : 0);
