// `npm run bench -- NAME [ARGUMENTS]`: builds, then runs bench/NAME.ts.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from './bootstrap.mjs';
import { build } from './build.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const folder = path.join(root, 'bench');
const names = (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => file.slice(0, -3));
const [name, ...args] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  if (name !== undefined) process.stderr.write(`There is no benchmark ${JSON.stringify(name)}.\n`);
  process.stderr.write(`npm run bench -- NAME, where NAME is one of: ${names.join(', ')}\n`);
  process.exit(2);
}
bootstrap();
build();
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--max-semi-space-size=64', path.join('dist/bench', `${name}.js`), ...args],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
