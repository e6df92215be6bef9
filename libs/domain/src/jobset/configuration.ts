import { checkInputName, type Rejection } from '../kernel/index.js';
import { INPUT_TYPES, type JobsetConfiguration, type JobsetInput } from './events.js';

type Refused = Rejection<'invalid-value' | 'invalid-name'> | undefined;
const refuse = (field: string, detail: string): Refused => ({ rejected: 'invalid-value', field, detail });

/** The input of `.jobsets` that holds the specification. */
export const DECLARATION_INPUT = 'decl';

const MAX_TEXT = 10_000;
const MAX_VALUE = 65_536;
const MAX_INPUTS = 500;

/** A path that stays inside its input. */
const isInside = (path: string): boolean =>
  path !== '' && !path.startsWith('/') && !path.includes('\0') && !path.split('/').includes('..');

const BUILD_INPUT = /^(\d+|(([\w.-]+:)?[\w.-]+:)?[\w.-]+)( .*)?$/;

const checkInput = (field: string, { type, value }: JobsetInput): Refused => {
  if (!INPUT_TYPES.includes(type)) return refuse(`${field}.type`, `must be one of ${INPUT_TYPES.join(', ')}`);
  if (value.length > MAX_VALUE) return refuse(`${field}.value`, `must have at most ${MAX_VALUE} characters`);
  if (value.includes('\0')) return refuse(`${field}.value`, 'must not hold a NUL character');
  if (type === 'string') return undefined;
  if (value.trim() === '') return refuse(`${field}.value`, 'must not be empty');
  // A value with a line end could be read as a second argument by what fetches it.
  if (type !== 'nix' && /[\r\n]/.test(value)) return refuse(`${field}.value`, 'must be one line');
  if (type === 'boolean' && value !== 'true' && value !== 'false')
    return refuse(`${field}.value`, "must be 'true' or 'false'");
  if (type === 'build' && !BUILD_INPUT.test(value))
    return refuse(`${field}.value`, 'must be a build id or [[project:]jobset:]job');
  // git and others read what starts with a dash as an option.
  if ((type === 'git' || type === 'hg' || type === 'path') && value.startsWith('-'))
    return refuse(`${field}.value`, 'must not start with -');
  return undefined;
};

const wholeNumber = (field: string, value: number, least: number, most: number): Refused =>
  Number.isSafeInteger(value) && value >= least && value <= most
    ? undefined
    : refuse(field, `must be a whole number from ${least} to ${most}`);

/** The rules that a jobset's configuration must keep whoever writes it; the first broken one, by Hydra's field name. */
export const checkJobsetConfiguration = (configuration: JobsetConfiguration): Refused => {
  const { source, inputs } = configuration;
  if (configuration.description.length > MAX_TEXT)
    return refuse('description', `must have at most ${MAX_TEXT} characters`);
  if (configuration.emailOverride.length > MAX_TEXT)
    return refuse('emailoverride', `must have at most ${MAX_TEXT} characters`);
  const numbers =
    wholeNumber('checkinterval', configuration.checkInterval, 0, 31_536_000) ??
    wholeNumber('schedulingshares', configuration.shares, 1, 1_000_000_000) ??
    wholeNumber('keepnr', configuration.keepEvaluations, 0, 1_000_000);
  if (numbers) return numbers;
  if (source.type === 'flake') {
    if (!/^[A-Za-z][^\s\0]*$/.test(source.url) || source.url.length > MAX_VALUE)
      return refuse('flake', 'must be a flake reference that starts with a letter and holds no white space');
  } else if (source.type === 'declarative') {
    if (!isInside(source.file))
      return refuse('declarative.file', 'must be a relative path that stays inside the input');
    if (!Object.hasOwn(inputs, DECLARATION_INPUT)) return refuse('inputs', `must hold the input ${DECLARATION_INPUT}`);
  } else {
    if (!isInside(source.path)) return refuse('nixexprpath', 'must be a relative path that stays inside the input');
    if (!Object.hasOwn(inputs, source.input))
      return refuse('nixexprinput', `must name one of the jobset's inputs; '${source.input}' is none`);
  }
  const entries = Object.entries(inputs);
  if (entries.length > MAX_INPUTS) return refuse('inputs', `must be at most ${MAX_INPUTS}`);
  for (const [name, input] of entries) {
    const refused = checkInputName(`inputs.${name}`, name) ?? checkInput(`inputs.${name}`, input);
    if (refused) return refused;
  }
  return undefined;
};

const evaluated = ({ source, inputs }: JobsetConfiguration): string =>
  JSON.stringify([
    Object.entries(source).sort(([a], [b]) => (a < b ? -1 : 1)),
    Object.entries(inputs)
      .map(([name, { type, value }]) => [name, type, value])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
  ]);

/** Whether an evaluation is the same under both: of the same expression or flake, with the same inputs. */
export const evaluatesTheSame = (a: JobsetConfiguration, b: JobsetConfiguration): boolean =>
  evaluated(a) === evaluated(b);
