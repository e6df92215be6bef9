import type { EvaluationView } from '#read-model';
import { compareUrl, flakeCommit } from './forge.js';

/** An input as it is shown; a locked flake is one too. */
type Shown = Readonly<{
  type: string;
  value: string;
  uri: string | undefined;
  /** which commit, or which build, the value stood for */
  revision: string | undefined;
}>;

/** What of an evaluation says what was evaluated. */
type Evaluated = Pick<EvaluationView, 'inputs' | 'flake'>;

/** An input in two evaluations. */
export type ComparedInput = Readonly<{
  name: string;
  /** undefined: it is not there any more */
  now: Shown | undefined;
  /** undefined: it was not there */
  before: Shown | undefined;
  change: 'same' | 'changed' | 'new' | 'gone';
  /** what it was, where that itself changed, not only its revision */
  oldValue: string | undefined;
}>;

const shownOf = ({ inputs, flake }: Evaluated): Map<string, Shown> => {
  const all = new Map<string, Shown>(
    inputs.map(({ name, type, value, uri, revision, buildId }) => [
      name,
      {
        ...{ type, value: uri ?? value, uri },
        revision: revision ?? (buildId === undefined ? undefined : `build #${buildId}`),
      },
    ]),
  );
  if (flake !== null) {
    const commit = flakeCommit(flake);
    // The locked URL says the commit itself: of one that is known, the repository is what people compare.
    all.set('flake', { type: 'flake', value: commit?.uri ?? flake, uri: commit?.uri, revision: commit?.revision });
  }
  return all;
};

/** Inputs by name, what changed first. Without an evaluation to compare with, all of them are as they are. */
export const comparedInputs = (evaluation: Evaluated, other: Evaluated | undefined): ComparedInput[] => {
  const here = shownOf(evaluation);
  const there = other ? shownOf(other) : here;
  const names = [...new Set([...here.keys(), ...there.keys()])];
  const compared = names.map((name): ComparedInput => {
    const [now, before] = [here.get(name), there.get(name)];
    const valueDiffers = now?.value !== before?.value || now?.type !== before?.type;
    const change = !now
      ? 'gone'
      : !before
        ? 'new'
        : valueDiffers || now.revision !== before.revision
          ? 'changed'
          : 'same';
    return { name, now, before, change, oldValue: now && before && valueDiffers ? before.value : undefined };
  });
  const rank = ({ change }: ComparedInput): number => (change === 'same' ? 1 : 0);
  return compared.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
};

/** Those that are not the same in both. */
export const changedInputs = (evaluation: Evaluated, other: Evaluated): readonly ComparedInput[] =>
  comparedInputs(evaluation, other).filter(({ change }) => change !== 'same');

/** Where a forge shows the commits from one revision of an input to the other; undefined where it is none, or none is known. */
export const commitsOf = ({ now, before }: ComparedInput): string | undefined =>
  now === undefined || now.uri !== before?.uri
    ? undefined
    : compareUrl(now.uri ?? '', before?.revision ?? '', now.revision ?? '');
