import type { JobsetInput, PresentJobset, ResolvedInput } from '#domain';
import {
  type EvaluationInput,
  type EvaluationSource,
  FetchError,
  type FetchedInput,
  fetchInput,
  flakeMetadata,
  type NixSettings,
  openLocalStore,
} from '#nix';
import type { Clock } from '#runtime';
import { reach } from '../shared/outage.js';

/** Everything that an evaluation gets. */
export type FetchedInputs = Readonly<{
  source: EvaluationSource;
  inputs: readonly ResolvedInput[];
  /** locked URL */ flake?: string;
}>;
/** Throws `FetchError`, which names the input and the cause, or `OutageError`. */
export type FetchInputs = (jobset: PresentJobset, signal: AbortSignal) => Promise<FetchedInputs>;

/** A build as a `build` input needs it. */
export type SucceededBuild = Readonly<{
  id: number;
  drvPath: string;
  nixName: string;
  releaseName: string | null;
  outputs: Readonly<Record<string, string>>;
}>;

export type FetchConfig = Readonly<{
  nix: NixSettings;
  clock: Clock;
  /** clones and memories */
  cacheDir: string;
  /** seconds that a `path` input is taken as unchanged where its value does not say */
  pathValiditySeconds: number;
  /** newest succeeded build that a `build` input's value stands for */
  findBuild: (
    value: string,
    from: Readonly<{ project: string; jobset: string }>,
  ) => Promise<SucceededBuild | undefined>;
}>;

/** Which of some paths are in the store. */
const validPaths = async (nix: NixSettings, paths: readonly string[]): Promise<ReadonlySet<string>> => {
  const connection = await openLocalStore(nix);
  try {
    return new Set(await connection.queryValidPaths(paths));
  } finally {
    await connection.close();
  }
};

type Fetched = Readonly<{ argument: EvaluationInput; resolved: ResolvedInput }>;

const buildInput = async (
  { nix, findBuild }: FetchConfig,
  name: string,
  value: string,
  state: PresentJobset,
): Promise<Fetched | undefined> => {
  if (/\s/.test(value.trim()))
    throw new FetchError(name, 'invalid-value', 'attributes after the job are not supported');
  const build = await reach(() => findBuild(value, { project: state.project, jobset: state.name }));
  if (!build) return undefined;
  const outputName = 'out' in build.outputs ? 'out' : Object.keys(build.outputs).sort()[0];
  const storePath = outputName === undefined ? undefined : build.outputs[outputName];
  if (outputName === undefined || !storePath) throw new FetchError(name, 'failed', `build ${build.id} has no output`);
  const valid = await validPaths(nix, [storePath, build.drvPath]);
  if (!valid.has(storePath))
    throw new FetchError(name, 'failed', `output '${storePath}' of build ${build.id} is not in the store any more`);
  const version = build.releaseName ?? build.nixName;
  const drvPath = valid.has(build.drvPath) ? { drvPath: build.drvPath } : {};
  return {
    argument: { name, type: 'build', storePath, version, outputName, ...drvPath },
    resolved: { name, type: 'build', value, storePath, buildId: build.id },
  };
};

const isPlainPath = ({ type, value }: JobsetInput): boolean => type === 'path' && !/\s/.test(value.trim());

const resolvedOf = (
  name: string,
  { type, value }: JobsetInput,
  { uri, revision, storePath }: FetchedInput,
): ResolvedInput => ({
  name,
  type,
  value,
  ...(uri === undefined ? {} : { uri }),
  ...(revision === undefined ? {} : { revision }),
  ...(storePath === undefined ? {} : { storePath }),
});

/** Fetches one input; undefined: a build that is not there yet. Throws `FetchError` or `OutageError`. */
export type FetchInput = (
  name: string,
  input: JobsetInput,
  state: PresentJobset,
  signal: AbortSignal,
) => Promise<Fetched | undefined>;

export const oneInputFetcher =
  (config: FetchConfig): FetchInput =>
  async (name, input, state, signal) => {
    const { nix, clock, cacheDir, pathValiditySeconds } = config;
    if (input.type === 'build') return buildInput(config, name, input.value, state);
    const value = isPlainPath(input) ? `${input.value.trim()} ${pathValiditySeconds}` : input.value;
    const fetched = await fetchInput(
      { settings: nix, cacheDir, now: clock.now, signal },
      { name, type: input.type, value },
    );
    return { argument: fetched.argument, resolved: resolvedOf(name, input, fetched) };
  };

/** Fetches every input of a jobset, or locks its flake. */
export const inputFetcher = (nix: NixSettings, fetchOne: FetchInput): FetchInputs => {
  return async (state, signal) => {
    const { source, inputs } = state.configuration;
    if (source.type === 'flake') {
      const { url } = await flakeMetadata(nix, source.url, { signal });
      return { source: { kind: 'flake', url }, inputs: [], flake: url };
    }
    if (source.type === 'declarative') throw new Error('a specification has no inputs of its own');
    const all = await Promise.allSettled(
      Object.entries(inputs)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, input]) => fetchOne(name, input, state, signal)),
    );
    const failures = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    const bug = failures.find((failure) => !(failure instanceof FetchError));
    if (bug !== undefined) throw bug;
    // All of them in one message: who repairs one input wants to know of the next.
    if (failures.length > 0) throw new AllInputsError(failures as FetchError[]);
    const fetched = all.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []));
    const holder = fetched.find(({ resolved }) => resolved.name === source.input)?.resolved;
    if (holder === undefined)
      throw new FetchError(source.input, 'failed', 'there is no succeeded build yet that it could stand for');
    if (holder.storePath === undefined) {
      throw new FetchError(
        source.input,
        'invalid-value',
        `the expression is looked for in it, but a ${holder.type} input holds no files`,
      );
    }
    const input = { name: source.input, storePath: holder.storePath };
    return {
      source: { kind: 'expression', input, path: source.path, args: fetched.map(({ argument }) => argument) },
      inputs: fetched.map(({ resolved }) => resolved),
    };
  };
};

/** Several inputs could not be fetched, or one. */
class AllInputsError extends FetchError {
  constructor(readonly errors: readonly FetchError[]) {
    super(errors[0]!.input, errors[0]!.kind, '');
    this.message = errors.map(({ message }) => message).join('\n');
  }
}
