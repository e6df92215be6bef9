import type { EvaluationView } from '#read-model';
import { changedInputs, commitsOf, comparedInputs } from './compared-inputs.js';

type Inputs = EvaluationView['inputs'];
const evaluation = (inputs: Inputs, flake: string | null = null) => ({ inputs, flake });
const git = (revision: string, uri = 'https://github.com/NixOS/nixpkgs.git') =>
  ({ name: 'nixpkgs', type: 'git', value: `${uri} master`, uri, revision }) as const;
const value = (name: string, value: string) => ({ name, type: 'string', value }) as const;
const build = (buildId: number) => ({ name: 'b', type: 'build', value: 'p:j:a', buildId }) as const;
const [ONE, TWO] = ['1'.repeat(40), '2'.repeat(40)];

describe('what changed between two evaluations', () => {
  it('is a commit, with the page that tells what lies between', () => {
    const [changed] = changedInputs(evaluation([git(TWO)]), evaluation([git(ONE)]));
    expect(changed).toMatchObject({ name: 'nixpkgs', change: 'changed', oldValue: undefined });
    expect([changed!.before!.revision, changed!.now!.revision]).toEqual([ONE, TWO]);
    expect(commitsOf(changed!)).toBe(`https://github.com/NixOS/nixpkgs/compare/${ONE}...${TWO}`);
  });
  it('is no range of commits where the repository is another one', () => {
    const [changed] = changedInputs(evaluation([git(TWO, 'https://github.com/a/b')]), evaluation([git(ONE)]));
    expect(changed).toMatchObject({ oldValue: 'https://github.com/NixOS/nixpkgs.git' });
    expect(commitsOf(changed!)).toBeUndefined();
  });
  it('is a value, a build, an input that came or went, and the locked flake; by name', () => {
    const from = evaluation([value('z', 'same'), value('gone', 'x'), build(1)], 'github:a/b/1');
    const to = evaluation([value('z', 'same'), value('came', ''), build(2)], 'github:a/b/2');
    const changed = changedInputs(to, from);
    expect(changed.map(({ name, change }) => [name, change])).toEqual([
      ['b', 'changed'],
      ['came', 'new'],
      ['flake', 'changed'],
      ['gone', 'gone'],
    ]);
    expect(changed.map(({ before, now }) => [before?.revision, now?.revision])).toEqual([
      ['build #1', 'build #2'],
      [undefined, undefined],
      ['1', '2'],
      [undefined, undefined],
    ]);
  });
  it('is nothing where the inputs are the same, or nothing is there to compare with', () => {
    expect(changedInputs(evaluation([git(ONE)]), evaluation([git(ONE)]))).toEqual([]);
    expect(comparedInputs(evaluation([git(ONE)]), undefined)).toMatchObject([{ change: 'same' }]);
  });
  it('comes before what did not', () => {
    const names = comparedInputs(evaluation([value('a', '1'), git(TWO)]), evaluation([value('a', '1'), git(ONE)]));
    expect(names.map(({ name }) => name)).toEqual(['nixpkgs', 'a']);
  });
});
