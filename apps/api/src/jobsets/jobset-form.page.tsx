import { INPUT_TYPES } from '#domain';
import type { PageContext } from '../http/page-context.js';
import { crumbsTo } from '../ui/crumbs.js';
import { Choice, type Refused, RefusedNote, TextField, yesNo } from '../ui/fields.js';
import { Layout } from '../ui/layout.js';
import { jobsetPath, projectPath } from '../ui/links.js';

export type InputRow = Readonly<{
  name: string;
  type: string;
  value: string;
  emailresponsible: boolean;
  /** which row of the form that was sent it was, from 1 */
  nr?: number;
}>;
/** What the form shows: fields by the names that a PUT gives them, as text. */
export type JobsetFields = Readonly<{
  fields: Readonly<Record<string, string>>;
  inputs: readonly InputRow[];
  clonedFrom?: Readonly<{ project: string; jobset: string; revision: string }> | undefined;
  /** inputs that are filled in as an evaluation had them, and yet may be something else in the next one; why */
  loose?: readonly Readonly<{ name: string; why: string }>[] | undefined;
  /** of the jobset as it is shown */
  revision?: string | undefined;
}>;

/** Rows to fill in beside those that are; saving brings more. */
const EMPTY_ROWS = 3;

const STATES = [
  ['1', 'Enabled: evaluated when its inputs change'],
  ['2', 'One-shot: evaluated once, then disabled by itself'],
  ['3', 'One at a time: evaluated once its newest evaluation is built'],
  ['0', 'Disabled'],
] as const;
const TYPES = [
  ['0', 'Expression in an input'],
  ['1', 'Flake'],
] as const;
const Inputs = ({ rows, refused }: { rows: readonly InputRow[]; refused: Refused | undefined }): JSX.Element => {
  const empty: InputRow = { name: '', type: 'git', value: '', emailresponsible: false };
  const column = ({ name, nr }: InputRow, index: number, of: string) => {
    // Of two rows of one name the later one is refused; a refusal of an input as a whole stands at its name.
    const isLast = !rows.slice(index + 1).some((later) => later.name.trim() === name.trim());
    const called =
      of === 'name' ? [`inputs.${name.trim()}`, `inputs: name of row ${nr}`] : [`inputs.${name.trim()}.${of}`];
    return {
      name: `input-${of}[]`,
      refused,
      calls: isLast ? called.find((each) => each === refused?.field) : undefined,
    };
  };
  return (
    <fieldset>
      <legend>Inputs</legend>
      <p>They are replaced as a whole. A row without name and value is left out; saving gives more empty rows.</p>
      <p class="muted">
        Of git and hg the value is the address of the repository and, after a blank, a branch or revision; of path a
        folder of the evaluator; of build <code>PROJECT:JOBSET:JOB</code>.
      </p>
      {[...rows, ...Array.from({ length: EMPTY_ROWS }, () => empty)].map((row, index) => (
        <fieldset class="input-row" aria-label={`Input ${index + 1}`}>
          <TextField {...column(row, index, 'name')} label="Name" value={row.name} />
          <Choice
            {...column(row, index, 'type')}
            label="Type"
            value={row.type}
            of={INPUT_TYPES.map((type) => [type, type])}
          />
          <TextField {...column(row, index, 'value')} label="Value" value={row.value} lines />
          <Choice
            {...column(row, index, 'emailresponsible')}
            label="Committers"
            value={row.emailresponsible ? '1' : '0'}
            of={yesNo('are told by e-mail', 'are not told')}
          />
        </fieldset>
      ))}
    </fieldset>
  );
};

/** Creates a jobset, a clone too, or changes all that can be set about one. `name`: of the one that is changed. */
export const JobsetFormPage = ({
  page,
  project,
  name,
  shown: { fields, inputs, clonedFrom, loose = [], revision },
  refused,
}: {
  page: PageContext;
  project: string;
  name?: string | undefined;
  shown: JobsetFields;
  refused?: Refused | undefined;
}): JSX.Element => {
  const title =
    name !== undefined
      ? `Edit ${project}:${name}`
      : clonedFrom === undefined
        ? `Create a jobset in ${project}`
        : `Clone ${clonedFrom.project}:${clonedFrom.jobset}`;
  const action = name === undefined ? `${projectPath(project)}/create-jobset` : `${jobsetPath(project, name)}/edit`;
  const field = (of: string, otherwise = '') => ({ name: of, value: fields[of] ?? otherwise, refused });
  return (
    <Layout page={page} title={title} crumbs={crumbsTo({ project, jobset: name })}>
      <h1 safe>{title}</h1>
      <RefusedNote refused={refused} />
      {clonedFrom !== undefined && (
        <p>
          A new jobset with the configuration of{' '}
          <a href={jobsetPath(clonedFrom.project, clonedFrom.jobset)} safe>
            {`${clonedFrom.project}:${clonedFrom.jobset}`}
          </a>
          , none of its evaluations and builds.
        </p>
      )}
      {loose.length > 0 && (
        <>
          <p>
            <span class="status warn">⚠ Not pinned</span> These inputs may be something else when the new jobset is
            evaluated:
          </p>
          <ul>
            {loose.map((input) => (
              <li>
                <code safe>{input.name}</code>
                <span safe>{`: ${input.why}`}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <form method="post" action={action} class="sheet">
        {revision !== undefined && <input type="hidden" name="revision" value={revision} />}
        {clonedFrom !== undefined && (
          <>
            <input type="hidden" name="clonedfrom-project" value={clonedFrom.project} />
            <input type="hidden" name="clonedfrom-jobset" value={clonedFrom.jobset} />
            <input type="hidden" name="clonedfrom-revision" value={clonedFrom.revision} />
          </>
        )}
        <TextField {...field('name')} label="Name, as it stands in addresses" required />
        <TextField {...field('description')} label="Description" />
        <Choice {...field('enabled', '1')} label="State" of={STATES} />
        <Choice {...field('visible', '1')} label="Lists" of={yesNo('visible', 'hidden')} />
        <Choice {...field('type', '0')} label="What is evaluated" of={TYPES} />
        <TextField {...field('flake')} label="Flake URI, of a flake" />
        <TextField {...field('nixexprinput')} label="Input, of an expression" />
        <TextField {...field('nixexprpath')} label="Path in that input" />
        <Inputs rows={inputs} refused={refused} />
        <TextField {...field('checkinterval', '300')} label="Seconds between polls; 0: never polled" number />
        <TextField {...field('schedulingshares', '100')} label="Scheduling shares" number />
        <TextField {...field('keepnr', '3')} label="Evaluations kept" number />
        <Choice {...field('enableemail', '0')} label="E-mail" of={yesNo('on', 'off')} />
        <TextField {...field('emailoverride')} label="E-mail goes to, instead of the maintainers" />
        <Choice
          {...field('enable_dynamic_run_command', '0')}
          label="Dynamic run commands"
          of={yesNo('allowed', 'not allowed')}
        />
        <TextField {...field('reason')} label="Reason" max={1000} />
        <button type="submit">{name === undefined ? 'Create jobset' : 'Save'}</button>
      </form>
    </Layout>
  );
};
