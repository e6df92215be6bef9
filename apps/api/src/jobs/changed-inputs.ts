import type { EvaluationView } from '#read-model';

/** An input that two evaluations were given differently; undefined: the one had none of that name. */
export type ChangedInput = Readonly<{
  name: string;
  before: string | undefined;
  after: string | undefined;
  /** where people can read what lies between two commits */
  commits?: string;
}>;

/** What changed from one evaluation to another one, by their ids. */
export type Change = Readonly<{ from: number; to: number; inputs: readonly ChangedInput[] }>;

type Evaluated = Pick<EvaluationView, 'inputs' | 'flake'>;
type Input = EvaluationView['inputs'][number];

/** What an input stood for: a commit, a build, or the value itself. */
const stoodFor = ({ revision, buildId, value }: Input): string =>
  revision ?? (buildId === undefined ? value : `build #${buildId}`);

const COMMIT = /^[0-9a-f]{40}$/;

/** The page of GitHub or GitLab that compares two commits of a repository of theirs. */
const comparison = (one: Input | undefined, other: Input | undefined): string | undefined => {
  const [from, to] = [one?.revision ?? '', other?.revision ?? ''];
  const repository = /^https:\/\/(github|gitlab)\.com\/([\w.-]+\/[\w.-]+?)(\.git)?\/?$/.exec(other?.uri ?? '');
  if (!repository || one?.uri !== other?.uri || !COMMIT.test(from) || !COMMIT.test(to)) return undefined;
  const [, host, name] = repository;
  return `https://${host}.com/${name}${host === 'gitlab' ? '/-' : ''}/compare/${from}...${to}`;
};

/** Inputs, and the locked flake, that differ between two evaluations; by name. */
export const changedInputs = (from: Evaluated, to: Evaluated): ChangedInput[] => {
  const names = [...new Set([...from.inputs, ...to.inputs].map(({ name }) => name))].sort();
  const changed = names.flatMap((wanted) => {
    const [one, other] = [from, to].map(({ inputs }) => inputs.find(({ name }) => name === wanted));
    const [before, after] = [one && stoodFor(one), other && stoodFor(other)];
    const commits = comparison(one, other);
    return before === after ? [] : [{ name: wanted, before, after, ...(commits === undefined ? {} : { commits }) }];
  });
  if (from.flake === to.flake) return changed;
  return [{ name: 'flake', before: from.flake ?? undefined, after: to.flake ?? undefined }, ...changed];
};
