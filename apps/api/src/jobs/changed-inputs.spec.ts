import type { EvaluationView } from '#read-model';
import { changedInputs } from './changed-inputs.js';

type Inputs = EvaluationView['inputs'];
const evaluation = (inputs: Inputs, flake: string | null = null) => ({ inputs, flake });
const git = (revision: string, uri = 'https://github.com/NixOS/nixpkgs.git') =>
  ({ name: 'nixpkgs', type: 'git', value: `${uri} master`, uri, revision }) as const;
const [ONE, TWO] = ['1'.repeat(40), '2'.repeat(40)];

describe('what changed between two evaluations', () => {
  it('is a commit, with the page that tells what lies between', () => {
    expect(changedInputs(evaluation([git(ONE)]), evaluation([git(TWO)]))).toEqual([
      {
        name: 'nixpkgs',
        before: ONE,
        after: TWO,
        commits: `https://github.com/NixOS/nixpkgs/compare/${ONE}...${TWO}`,
      },
    ]);
  });
  it.each([
    ['https://gitlab.com/a/b', `https://gitlab.com/a/b/-/compare/${ONE}...${TWO}`],
    ['https://example.org/a/b.git', undefined],
    ['https://github.com/a/b/../../c', undefined],
    ['https://github.com.evil.example/a/b', undefined],
  ])('is looked up at %s: %s', (uri, commits) => {
    expect(changedInputs(evaluation([git(ONE, uri)]), evaluation([git(TWO, uri)]))[0]?.commits).toBe(commits);
  });
  it('is a value, a build, an input that came or went, and the locked flake; by name', () => {
    const value = (name: string, value: string) => ({ name, type: 'string', value }) as const;
    const build = (buildId: number) => ({ name: 'b', type: 'build', value: 'p:j:a', buildId }) as const;
    const from = evaluation([value('z', 'same'), value('gone', 'x'), build(1)], 'github:a/b/1');
    const to = evaluation([value('z', 'same'), value('came', ''), build(2)], 'github:a/b/2');
    expect(changedInputs(from, to)).toEqual([
      { name: 'flake', before: 'github:a/b/1', after: 'github:a/b/2' },
      { name: 'b', before: 'build #1', after: 'build #2' },
      { name: 'came', before: undefined, after: '' },
      { name: 'gone', before: 'x', after: undefined },
    ]);
  });
  it('is nothing where the inputs are the same', () => {
    expect(changedInputs(evaluation([git(ONE)]), evaluation([git(ONE)]))).toEqual([]);
  });
});
