import { createHash } from 'node:crypto';
import { nixString } from './walker.js';

/** One input of a jobset, fetched: what an expression gets as argument (hydra-reference 4.2, step 5). */
export type EvaluationInput =
  | Readonly<{ name: string; type: 'string'; value: string }>
  | Readonly<{ name: string; type: 'boolean'; value: boolean }>
  /** `value` is a Nix expression. */
  | Readonly<{ name: string; type: 'nix'; value: string }>
  /** An earlier evaluation: its jobs' `out` paths by job name. */
  | Readonly<{ name: string; type: 'eval'; jobs: Readonly<Record<string, string>> }>
  | StoreInput;

/** An input that stands in the store; the expression gets it as an attribute set with `outPath`. */
export type StoreInput = Readonly<{
  name: string;
  type: 'git' | 'hg' | 'path' | 'build' | 'sysbuild';
  storePath: string;
  uri?: string;
  rev?: string;
  revCount?: number;
  gitTag?: string;
  shortRev?: string;
  version?: string;
  outputName?: string;
  drvPath?: string;
}>;

/** What is evaluated. */
export type EvaluationSource =
  | Readonly<{
      kind: 'expression';
      /** The input that holds the expression. */
      input: Readonly<{ name: string; storePath: string }>;
      /** File in it, relative. */
      path: string;
      args: readonly EvaluationInput[];
    }>
  | Readonly<{ kind: 'flake'; /** locked, of `flakeMetadata` */ url: string }>;

const isStoreInput = (input: EvaluationInput): input is StoreInput => 'storePath' in input;

const storePathExpr = (path: string): string => `(builtins.storePath ${nixString(path)})`;
const nixName = (name: string): string => `"${name.replace(/["\\$]/g, '\\$&')}"`;
const attrs = (pairs: readonly [string, string][]): string =>
  `{ ${pairs.map(([name, value]) => `${nixName(name)} = ${value}; `).join('')}}`;

function argument(input: EvaluationInput): string {
  switch (input.type) {
    case 'string':
      return nixString(input.value);
    case 'boolean':
      return String(input.value);
    case 'nix':
      // A comment at its end must not take the bracket along.
      return `(${input.value}\n)`;
    case 'eval':
      return attrs(sorted(Object.entries(input.jobs)).map(([job, path]) => [job, storePathExpr(path)]));
    default:
      return storeArgument(input);
  }
}

function storeArgument(input: StoreInput): string {
  const pairs: [string, string][] = [
    ['outPath', storePathExpr(input.storePath)],
    ['inputType', nixString(input.type)],
  ];
  for (const key of ['uri', 'rev', 'revCount', 'gitTag', 'shortRev', 'version', 'outputName'] as const) {
    const value = input[key];
    if (value !== undefined) pairs.push([key, typeof value === 'number' ? String(value) : nixString(value)]);
  }
  if (input.drvPath !== undefined) pairs.push(['drvPath', storePathExpr(input.drvPath)]);
  return attrs(pairs);
}

const sorted = <T>(entries: readonly (readonly [string, T])[]): (readonly [string, T])[] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

const byName = (inputs: readonly EvaluationInput[]): EvaluationInput[] =>
  sorted(inputs.map((i) => [i.name, i] as const)).map(([, i]) => i);

/** The arguments as one Nix attribute set. */
export const argumentSet = (inputs: readonly EvaluationInput[]): string =>
  attrs(byName(inputs).map((input) => [input.name, argument(input)]));

/** `-I NAME=PATH` of every input that stands in the store. */
export const searchPathArgs = (inputs: readonly EvaluationInput[]): string[] =>
  byName(inputs)
    .filter(isStoreInput)
    .flatMap(({ name, storePath }) => ['-I', `${name}=${storePath}`]);

/** The root value of a source as a Nix expression. */
export function rootExpression(source: EvaluationSource): string {
  if (source.kind === 'flake') {
    const missing = nixString(`flake '${source.url}' does not provide any Hydra jobs or checks`);
    return `let flake = builtins.getFlake ${nixString(source.url)}; in flake.hydraJobs or (flake.checks or (throw ${missing}))`;
  }
  return `import (/. + ${nixString(`${source.input.storePath}/${source.path}`)})`;
}

/**
 * SHA-256 (hex) over everything that an evaluation gets: equal hashes, equal evaluations. Inputs count in the order of their names.
 * Not Hydra's own digest, which is never compared across the two systems.
 */
export function evaluationHash(source: EvaluationSource): string {
  const parts =
    source.kind === 'flake'
      ? ['flake', source.url]
      : [
          'expression',
          source.input.name,
          source.input.storePath,
          source.path,
          ...searchPathArgs(source.args),
          argumentSet(source.args),
        ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
