import fc from 'fast-check';
import { globToRegExp } from './constituents.js';
import { errorText } from './engine.js';
import { evaluationHash, type EvaluationInput, type EvaluationSource } from './inputs.js';
import { attrName } from './jobs.js';
import { nixPaths, nixString, unquoteNix } from './walker.js';

const HASH = '0'.repeat(32);
const source = (args: readonly EvaluationInput[], path = 'release.nix'): EvaluationSource => ({
  kind: 'expression',
  input: { name: 'src', storePath: `/s/${HASH}-src` },
  path,
  args,
});

describe('the hash of an evaluation', () => {
  const a = { name: 'a', type: 'string', value: '1' } as const;
  const b = { name: 'b', type: 'git', storePath: `/s/${HASH}-b`, rev: 'x' } as const;
  it('does not depend on the order of inputs', () => {
    expect(evaluationHash(source([a, b]))).toBe(evaluationHash(source([b, a])));
    expect(evaluationHash(source([a, b]))).toMatch(/^[0-9a-f]{64}$/);
  });
  it('changes with every value', () => {
    const others: EvaluationSource[] = [
      source([a, b]),
      source([a]),
      source([{ ...a, value: '2' }, b]),
      source([{ ...a, type: 'nix' }, b]),
      source([a, { ...b, rev: 'y' }]),
      source([a, b], 'other.nix'),
      { kind: 'flake', url: 'x' },
      { kind: 'flake', url: 'y' },
      source([{ name: 'a', type: 'boolean', value: true }, b]),
    ];
    expect(new Set(others.map(evaluationHash)).size).toBe(others.length);
  });
});

describe('text on its way to and from Nix', () => {
  it('comes back unchanged through the literal that Nix prints', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) =>
        expect(unquoteNix(nixString(text).slice(1, -1))).toBe(text),
      ),
    );
  });
  it('is ASCII on one line where the repl reads it', () => {
    const expression = nixPaths([['é', 'a\n"\\${b}', '😀']]);
    expect(expression).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(unquoteNix(/"(.*)"/.exec(expression)![1]!))).toEqual([['é', 'a\n"\\${b}', '😀']]);
  });
  it('loses traces before the error', () => {
    expect(errorText('trace: x\nwarning: y\nerror: z\n  at 1')).toBe('error: z\n  at 1');
  });
  it('names jobs with dots, and quotes a name that holds one', () => {
    expect(attrName(['a', 'b.c', 'd'])).toBe('a."b.c".d');
  });
});

describe('a glob', () => {
  it.each([
    ['a.*', 'a.b.c', true],
    ['a.*', 'ab', false],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['[a-c]x', 'bx', true],
    ['[!a]x', 'ax', false],
    ['[]x]', ']', true],
    ['a+b', 'a+b', true],
    ['a+b', 'aab', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['[a', '[a', true],
    ['', '', true],
  ])('%s on %s: %s', (glob, text, matches) => {
    expect(globToRegExp(glob).test(text)).toBe(matches);
  });
});
