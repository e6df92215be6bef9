import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

type Report = { filePath: string; messages: { ruleId: string | null; message: string }[] }[];

/** Files and the messages, in part, that they must get; none for what is allowed. */
const CASES: readonly (readonly [file: string, source: string, message?: string])[] = [
  ['libs/nix/src/a.ts', 'export const a = process.env;', 'Only libs/runtime reads the environment'],
  ['libs/nix/src/b.ts', 'export const b = Date.now();', 'Only libs/runtime reads the clock'],
  ['libs/nix/src/c.ts', 'export const c = new Date();', 'Only libs/runtime reads the clock'],
  ['libs/nix/src/d.ts', "export const d = new Date('2026-01-01').toISOString();"],
  ['libs/runtime/src/e.ts', 'export const e = [process.env, Date.now(), new Date()];'],
  ['libs/nix/src/e.spec.ts', 'export const e = [process.env, Date.now(), new Date()];'],
  [
    'libs/nix/src/f.ts',
    Array.from({ length: 401 }, (_, i) => `export const v${i} = ${i};`).join('\n'),
    'too many lines',
  ],
  ['libs/nix/src/g.ts', 'export const g = (): void => { Promise.resolve(); };', 'Promises must be awaited'],
  ['libs/nix/src/h.ts', "import { T } from './t.js';\nexport type H = T;", 'only used as type'],
  ['libs/nix/src/t.ts', 'export type T = 1;'],
  ['libs/nix/src/i.spec.ts', "it.only('x', () => undefined);", 'singled out or left out'],
  ['libs/nix/src/j.spec.ts', "describe.skip('x', () => undefined);", 'singled out or left out'],
  ['libs/nix/src/k.spec.ts', "it.todo('x');", 'singled out or left out'],
  ['libs/nix/src/k2.spec.ts', "it.each([1])('x', () => undefined);"],
  ['libs/nix/src/l.ts', 'try {\n  console.log(1);\n} catch {}\nexport const l = 1;', 'Empty block statement'],
  ['apps/api/src/m.tsx', 'const safeName = "x";\nexport const m = <p>{safeName}</p>;', 'xss-scan trusts names'],
  ['apps/api/src/n.tsx', 'export const N = (safeText: string) => <p>{safeText}</p>;', 'xss-scan trusts names'],
  [
    'apps/api/src/o.tsx',
    'export const O = ({ safeText }: { safeText: string }) => <p>{safeText}</p>;',
    'xss-scan trusts names',
  ],
  ['apps/api/src/p.tsx', "export const P = (text: string) => <p>{text as 'safe'}</p>;", 'turns escaping off'],
  ['apps/api/src/q.tsx', 'export const q = <script>{"alert(1)"}</script>;', 'No inline scripts'],
  ['apps/api/src/r.tsx', 'export const r = <script src="/static/log.js" defer></script>;'],
  ['apps/api/src/s.tsx', 'export const S = (text: string) => <p safe>{text}</p>;'],
];

describe('the lint rules', () => {
  let dir: string;
  let report: Report;
  beforeAll(() => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'iolaus-lint-')));
    for (const file of ['eslint.config.mjs', 'tsconfig.json', 'package.json']) cpSync(file, join(dir, file));
    symlinkSync(join(process.cwd(), 'node_modules'), join(dir, 'node_modules'));
    for (const [file, source] of CASES) {
      mkdirSync(dirname(join(dir, file)), { recursive: true });
      writeFileSync(join(dir, file), source);
    }
    const args = ['node_modules/eslint/bin/eslint.js', '--format', 'json', 'apps', 'libs'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 26 });
    if (!stdout) throw new Error(stderr);
    report = JSON.parse(stdout) as Report;
  }, 120_000);
  afterAll(() => rmSync(dir, { recursive: true }));

  const messagesOf = (file: string): string[] =>
    report
      .filter(({ filePath }) => relative(dir, filePath) === file)
      .flatMap(({ messages }) => messages.map(({ message }) => message));

  it.each(CASES.map(([file, , message = '']) => [file, message]))('say about %s: %s', (file, message) => {
    expect(report.some(({ filePath }) => relative(dir, filePath) === file)).toBe(true);
    expect(messagesOf(file)).toEqual(message === '' ? [] : [expect.stringContaining(message)]);
  });
});
