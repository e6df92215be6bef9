import { z } from 'zod';
import { commandDoor, door, parse, type Through } from '../http/door.js';
import { badInput } from '../http/problem.js';
import { flagParam, idParam, nameParam, text } from '../http/text.js';
import { type JobsetBody, putJobsetDoor } from './jobset.json.js';

const jobset = { project: nameParam, jobset: nameParam };
const field = text(65_536).default('');
/** One field of each input's row, in the order of the rows. */
const column = z.array(text(65_536), 'must be a list').max(1000, 'must have at most 1000 rows').default([]);

const FIELDS = [
  'name',
  'description',
  'enabled',
  'visible',
  'type',
  'flake',
  'nixexprinput',
  'nixexprpath',
  'checkinterval',
  'schedulingshares',
  'keepnr',
  'enableemail',
  'emailoverride',
  'enable_dynamic_run_command',
] as const;
const COLUMNS = ['name', 'type', 'value', 'emailresponsible'] as const;

const body = {
  ...(Object.fromEntries(FIELDS.map((name) => [name, field])) as Record<(typeof FIELDS)[number], typeof field>),
  ...(Object.fromEntries(COLUMNS.map((name) => [`input-${name}[]`, column])) as Record<
    `input-${(typeof COLUMNS)[number]}[]`,
    typeof column
  >),
  'clonedfrom-project': field,
  'clonedfrom-jobset': field,
  'clonedfrom-revision': field,
  /** of the jobset as the form showed it */
  revision: text(20).optional(),
};

export const createJobsetFormDoor = door({ params: { project: nameParam } });
export const createJobsetDoor = commandDoor({ params: { project: nameParam }, body });
export const editJobsetFormDoor = door({ params: jobset, query: { cloneJobset: flagParam.optional() } });
export const editJobsetDoor = commandDoor({ params: jobset, body });
export const cloneJobsetFormDoor = door({ params: jobset });
export const evaluationJobsetFormDoor = door({ params: { id: idParam } });

export type JobsetForm = Through<typeof createJobsetDoor>['body'];

/** A form as the body of a PUT: rows of inputs without a name and a value were left empty. Throws the `Problem` that names the field. */
export const bodyOfForm = (form: JobsetForm): JobsetBody => {
  const inputs: Record<string, unknown> = {};
  for (const [row, given] of form['input-name[]'].entries()) {
    const [type, value = '', email = '0'] = (['type', 'value', 'emailresponsible'] as const).map(
      (name) => form[`input-${name}[]`][row],
    );
    const name = given.trim();
    if (name === '' && value === '') continue;
    if (name === '') throw badInput(`inputs: name of row ${row + 1}`, 'is required');
    if (Object.hasOwn(inputs, name)) throw badInput(`inputs.${name}`, 'must stand there once');
    inputs[name] = { type, value, emailresponsible: email };
  }
  const filled = Object.fromEntries(
    FIELDS.map((name) => [name, form[name]] as const).filter(([, value]) => value !== ''),
  );
  const project = form['clonedfrom-project'];
  const revision = form['clonedfrom-revision'];
  const source = { project, jobset: form['clonedfrom-jobset'], ...(revision === '' ? {} : { revision }) };
  return parse(putJobsetDoor.body, {
    ...filled,
    inputs,
    ...(project === '' ? {} : { clonedfrom: source }),
    ...(form.reason ? { reason: form.reason } : {}),
  });
};
