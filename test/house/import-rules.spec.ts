import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BROKEN, CIRCLE, CLEAN } from './import-cases.js';

type Cruise = { summary: { violations: { from: string; rule: { name: string } }[]; totalCruised: number } };

const PACKAGES = ['pg', 'zod', '@eventstore/db-client', '@aws-sdk/client-s3', '@nestjs/common'];

describe('the import rules', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'iolaus-imports-'));
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) cpSync(file, join(dir, file));
    for (const name of PACKAGES) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      write(`node_modules/${name}/index.js`, '');
    }
    Object.entries(CLEAN).forEach(([file, source]) => write(file, source));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const write = (file: string, source: string): void => {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), source);
  };
  const cruise = (): Cruise => {
    const program = join(process.cwd(), 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'apps', 'libs'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 26 });
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout) as Cruise;
  };

  it('let every allowed import pass', () => {
    const { summary } = cruise();
    expect(summary.violations).toEqual([]);
    expect(summary.totalCruised).toBeGreaterThanOrEqual(Object.keys(CLEAN).length);
  });

  it('refuse every forbidden one, and nothing beside it', () => {
    write(...CIRCLE);
    BROKEN.forEach(([file, source]) => write(file, source));
    const violations = cruise().summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`);
    expect([...new Set(violations)].sort()).toEqual(BROKEN.map(([file, , rule]) => `${file}: ${rule}`).sort());
  });

  it('have all a case here that breaks them', () => {
    const load = createRequire(join(process.cwd(), 'package.json'));
    const { forbidden } = load('./.dependency-cruiser.cjs') as { forbidden: { name: string }[] };
    expect([...new Set(BROKEN.map(([, , rule]) => rule))].sort()).toEqual(forbidden.map(({ name }) => name).sort());
  });
});
