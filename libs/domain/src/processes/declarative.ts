import {
  checkJobsetConfiguration,
  DECLARATION_INPUT,
  type InputType,
  type JobsetConfiguration,
  type JobsetMode,
  type PresentJobset,
} from '../jobset/index.js';
import type { Rejection } from '../kernel/index.js';
import type { Declarative } from '../project/index.js';

const NEW: JobsetConfiguration = {
  description: '',
  mode: 'enabled',
  hidden: false,
  source: { type: 'expression', input: '', path: '' },
  checkInterval: 300,
  shares: 100,
  keepEvaluations: 3,
  enableEmail: false,
  emailOverride: '',
  enableDynamicRunCommand: false,
  inputs: {},
};

/** How the jobset `.jobsets` of a declarative project is configured; what its specification said of itself before stays. */
export const declarationJobset = (
  { file, type, value }: Declarative,
  before: JobsetConfiguration = { ...NEW, description: 'The jobsets of this project, as its specification says' },
): JobsetConfiguration => ({
  ...before,
  source: { type: 'declarative', file },
  inputs: { [DECLARATION_INPUT]: { type: type as InputType, value: value.trim(), emailResponsible: false } },
});

/** What is wrong with a declaration, by the fields of a project. */
export const checkDeclarative = (declarative: Declarative): Rejection<'invalid-value'> | undefined => {
  const refused = checkJobsetConfiguration(declarationJobset(declarative));
  const field = refused?.field?.replace(`inputs.${DECLARATION_INPUT}`, 'declarative');
  return refused && { ...refused, rejected: 'invalid-value', ...(field === undefined ? {} : { field }) };
};

/** What a specification says of one jobset, read; a field that is left out stays as it was, but for `inputs`. */
export type JobsetSpecification = Readonly<Partial<Omit<JobsetConfiguration, 'source' | 'inputs'>>> &
  Readonly<{
    type?: 'expression' | 'flake';
    input?: string;
    path?: string;
    flake?: string;
    inputs: JobsetConfiguration['inputs'];
  }>;

/** The configuration that a specification asks for, of a jobset that is new or configured so before. */
export const specifiedConfiguration = (
  { type, input, path, flake, ...rest }: JobsetSpecification,
  before: JobsetConfiguration = NEW,
): JobsetConfiguration => {
  const was = before.source;
  const kind =
    type ?? (flake !== undefined ? 'flake' : input !== undefined || path !== undefined ? 'expression' : was.type);
  const source: JobsetConfiguration['source'] =
    kind === 'flake'
      ? { type: 'flake', url: flake ?? (was.type === 'flake' ? was.url : '') }
      : {
          type: 'expression',
          input: input ?? (was.type === 'expression' ? was.input : ''),
          path: path ?? (was.type === 'expression' ? was.path : ''),
        };
  return { ...before, ...rest, source };
};

/** As it was configured last: a one-shot that had its evaluation is disabled, but nobody asked for that. */
export const configuredBefore = ({ configuration, disarmed }: PresentJobset): JobsetConfiguration =>
  disarmed ? { ...configuration, mode: 'one-shot' satisfies JobsetMode } : configuration;
