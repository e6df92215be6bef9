import type { ResolvedInput } from '#domain';
import type { InputRow } from './jobset-form.page.js';

/** An input that a new evaluation may find otherwise than an earlier one did, and why. */
export type LooseInput = Readonly<{ name: string; why: string }>;

/** A path in a store, whose name says what is in it. */
const IN_STORE = /^\/\S*\/[0-9a-df-np-sv-z]{32}-/;

/** An input as an evaluation had it, to be the same in the next one, as far as a value can say that. */
export const pinned = ({ name, type, value, uri, revision, buildId }: ResolvedInput): InputRow => {
  const row = { name, type, emailresponsible: false };
  if ((type === 'git' || type === 'hg') && revision !== undefined)
    return { ...row, value: `${uri ?? value.split(' ')[0]} ${revision}` };
  return { ...row, value: type === 'build' && buildId !== undefined ? String(buildId) : value };
};

/** Those of an evaluation's inputs that no value can hold as they were. */
export const looseInputs = (inputs: readonly ResolvedInput[]): LooseInput[] =>
  inputs.flatMap((input) => {
    const why = whyLoose(input);
    return why === undefined ? [] : [{ name: input.name, why }];
  });

const whyLoose = ({ type, value, revision, buildId }: ResolvedInput): string | undefined => {
  switch (type) {
    case 'git':
    case 'hg':
      return revision === undefined ? 'its commit was not recorded' : undefined;
    case 'build':
      return buildId === undefined ? 'its build was not recorded' : undefined;
    case 'path':
      return IN_STORE.test(value.trim()) ? undefined : 'a path is what it holds when it is evaluated';
    case 'string':
    case 'boolean':
    case 'nix':
      // The event of an evaluation holds a very long value by its beginning.
      return value.endsWith('…') ? 'its value was recorded only in part' : undefined;
  }
};
