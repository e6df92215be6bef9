import type { EvaluationView } from '#read-model';
import { flakeCommit } from './forge.js';

/** An input as it is shown; a locked flake is one too. */
type Shown = Readonly<{ type: string; value: string; uri: string | undefined; revision: string | undefined }>;

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

const shownOf = ({ inputs, flake }: EvaluationView): Map<string, Shown> => {
  const all = new Map<string, Shown>(
    inputs.map(({ name, type, value, uri, revision }) => [name, { type, value: uri ?? value, uri, revision }]),
  );
  if (flake !== null) {
    const commit = flakeCommit(flake);
    // The locked URL says the commit itself: of one that is known, the repository is what people compare.
    all.set('flake', { type: 'flake', value: commit?.uri ?? flake, uri: commit?.uri, revision: commit?.revision });
  }
  return all;
};

/** Inputs by name, what changed first. Without an evaluation to compare with, all of them are as they are. */
export const comparedInputs = (evaluation: EvaluationView, other: EvaluationView | undefined): ComparedInput[] => {
  const here = shownOf(evaluation);
  const there = other ? shownOf(other) : here;
  const names = [...new Set([...here.keys(), ...there.keys()])];
  const compared = names.map((name): ComparedInput => {
    const [now, before] = [here.get(name), there.get(name)];
    const other = now?.value !== before?.value || now?.type !== before?.type;
    const change = !now ? 'gone' : !before ? 'new' : other || now.revision !== before.revision ? 'changed' : 'same';
    return { name, now, before, change, oldValue: now && before && other ? before.value : undefined };
  });
  const rank = ({ change }: ComparedInput): number => (change === 'same' ? 1 : 0);
  return compared.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
};

/** Names and revisions of what changed: `src 12ab → 34cd`, for one line of a table. */
export const changedInputs = (evaluation: EvaluationView, other: EvaluationView): readonly ComparedInput[] =>
  comparedInputs(evaluation, other).filter(({ change }) => change !== 'same');
