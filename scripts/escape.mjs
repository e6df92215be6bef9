// `xss-scan` over every page: a text that reaches HTML without being escaped is an error. The shell's globs cannot say "every".
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const pages = fs
  .readdirSync('apps', { recursive: true })
  .filter((file) => file.endsWith('.tsx'))
  .map((file) => path.join('apps', file));
if (pages.length === 0) process.exit(0);
const { status } = spawnSync(
  process.execPath,
  ['node_modules/@kitajs/ts-html-plugin/dist/cli.js', '--cwd', '.', ...pages],
  {
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
