import { join } from 'node:path';
import {
  checkJobsetConfiguration,
  configuredBefore,
  DECLARATION_INPUT,
  type JobsetConfiguration,
  type PresentJobset,
  specifiedConfiguration,
} from '#domain';
import { EvaluationError, FetchError, type NixSettings } from '#nix';
import { jsonDigest } from '#runtime';
import { specify, type SpecificationContext } from '../shared/apply-specification.js';
import type { Cause } from '../shared/causes.js';
import {
  parseJobsetSpecification,
  readSpecificationFile,
  SpecificationError,
  type SpecificationFile,
} from '../shared/specification.js';
import type { FetchInput } from './fetch-inputs.js';

/** The specification of a declarative project: the jobsets themselves, or a job whose output they are. */
export type Specification =
  | Readonly<{ kind: 'static' } & SpecificationFile>
  | Readonly<{ kind: 'generated'; /** of what is to be evaluated */ configuration: JobsetConfiguration }>;

/** The only job of an evaluation that generates a specification. */
export const SPECIFICATION_JOB = 'jobsets';

type Context = Readonly<{ nix: NixSettings; fetchInput: FetchInput }> & Pick<SpecificationContext, 'store' | 'clock'>;

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the specification that `.jobsets` stands for. What a generated one says of `.jobsets` itself is taken over.
 * Throws `FetchError` or `EvaluationError`.
 */
export const readSpecification = async (
  { nix, fetchInput, store, clock }: Context,
  state: PresentJobset,
  started: Cause,
  signal: AbortSignal,
): Promise<Specification> => {
  const { source, inputs } = state.configuration;
  const declaration = inputs[DECLARATION_INPUT];
  if (source.type !== 'declarative' || !declaration) throw new Error('only a declarative jobset has a specification');
  const fetched = await fetchInput(DECLARATION_INPUT, declaration, state, signal);
  const { storePath } = fetched?.resolved ?? {};
  if (storePath === undefined)
    throw new FetchError(DECLARATION_INPUT, 'invalid-value', 'there are no files in it, and so no specification');
  try {
    const file = await readSpecificationFile(nix.storeDir, join(storePath, source.file));
    if (Object.values(file.value).every(isObject)) return { kind: 'static', ...file };
    const specification = parseJobsetSpecification(file.value);
    const { inputs: own, ...rest } = specification;
    const { input: _input, path: _path, flake: _flake, type: _type, ...settings } = rest;
    const before = configuredBefore(state);
    const adopted = { ...before, ...settings };
    if (jsonDigest(adopted) !== jsonDigest(before)) {
      const refused = await specify(
        { store, clock },
        { project: state.project, name: state.name },
        { type: 'ConfigureJobset', data: { configuration: adopted } },
        started,
      );
      if (refused !== undefined) throw new SpecificationError(refused);
    }
    const configuration = {
      ...specifiedConfiguration(specification, adopted),
      inputs: {
        ...own,
        declInput: declaration,
        projectName: { type: 'string', value: state.project, emailResponsible: false },
      },
    } as const;
    const wrong = checkJobsetConfiguration(configuration);
    if (wrong) throw new SpecificationError(`${wrong.field ?? ''} ${wrong.detail ?? wrong.rejected}`);
    return { kind: 'generated', configuration };
  } catch (error) {
    if (!(error instanceof SpecificationError)) throw error;
    throw new EvaluationError('evaluation-error', `specification '${source.file}': ${error.message}`);
  }
};
