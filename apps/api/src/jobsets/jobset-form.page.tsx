import { INPUT_TYPES } from '#domain';
import type { PageContext } from '../http/page-context.js';
import { TextField } from '../ui/fields.js';
import { Layout } from '../ui/layout.js';
import { jobsetPath, projectPath } from '../ui/links.js';

export type InputRow = Readonly<{ name: string; type: string; value: string; emailresponsible: boolean }>;
/** What the form shows: fields by the names that a PUT gives them, as text. */
export type JobsetFields = Readonly<{
  fields: Readonly<Record<string, string>>;
  inputs: readonly InputRow[];
  clonedFrom?: Readonly<{ project: string; jobset: string; revision: string }> | undefined;
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
const yesNo = (yes: string, no: string) => [['1', yes], ['0', no]] as const; // prettier-ignore

type Shown = Readonly<{ name: string; label: string; value: string | undefined }>;

const Choice = ({ name, label, value, of }: Shown & { of: readonly (readonly [string, string])[] }): JSX.Element => (
  <label>
    <span safe>{label}</span>
    <select name={name}>
      {of.map(([each, words]) => (
        <option value={each} selected={each === value} safe>
          {words}
        </option>
      ))}
    </select>
  </label>
);

const Inputs = ({ rows }: { rows: readonly InputRow[] }): JSX.Element => {
  const empty = { name: '', type: 'git', value: '', emailresponsible: false };
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
          <TextField name="input-name[]" label="Name" value={row.name} />
          <Choice name="input-type[]" label="Type" value={row.type} of={INPUT_TYPES.map((type) => [type, type])} />
          <TextField name="input-value[]" label="Value" value={row.value} lines />
          <Choice
            name="input-emailresponsible[]"
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
  shown: { fields, inputs, clonedFrom, revision },
  error,
}: {
  page: PageContext;
  project: string;
  name?: string | undefined;
  shown: JobsetFields;
  /** why what was sent was not taken */
  error?: string | undefined;
}): JSX.Element => {
  const title =
    name !== undefined
      ? `Edit ${project}:${name}`
      : clonedFrom === undefined
        ? `Create a jobset in ${project}`
        : `Clone ${clonedFrom.project}:${clonedFrom.jobset}`;
  const action = name === undefined ? `${projectPath(project)}/create-jobset` : `${jobsetPath(project, name)}/edit`;
  const crumbs = [
    { href: '/', text: 'Overview' },
    { href: projectPath(project), text: project },
    ...(name === undefined ? [] : [{ href: jobsetPath(project, name), text: name }]),
  ];
  return (
    <Layout page={page} title={title} crumbs={crumbs}>
      <h1 safe>{title}</h1>
      {error !== undefined && (
        <div class="outcome bad" role="alert">
          <p>
            <span class="status bad">✗ Nothing was changed</span>: <span safe>{error}</span>
          </p>
        </div>
      )}
      {clonedFrom !== undefined && (
        <p>
          A new jobset with the configuration of{' '}
          <a href={jobsetPath(clonedFrom.project, clonedFrom.jobset)} safe>
            {`${clonedFrom.project}:${clonedFrom.jobset}`}
          </a>
          , none of its evaluations and builds.
        </p>
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
        <TextField name="name" label="Name, as it stands in addresses" value={fields['name']} required />
        <TextField name="description" label="Description" value={fields['description']} />
        <Choice name="enabled" label="State" value={fields['enabled'] ?? '1'} of={STATES} />
        <Choice name="visible" label="Lists" value={fields['visible'] ?? '1'} of={yesNo('visible', 'hidden')} />
        <Choice name="type" label="What is evaluated" value={fields['type'] ?? '0'} of={TYPES} />
        <TextField name="flake" label="Flake URI, of a flake" value={fields['flake']} />
        <TextField name="nixexprinput" label="Input, of an expression" value={fields['nixexprinput']} />
        <TextField name="nixexprpath" label="Path in that input" value={fields['nixexprpath']} />
        <Inputs rows={inputs} />
        <TextField
          name="checkinterval"
          label="Seconds between polls; 0: never polled"
          value={fields['checkinterval'] ?? '300'}
          number
        />
        <TextField
          name="schedulingshares"
          label="Scheduling shares"
          value={fields['schedulingshares'] ?? '100'}
          number
        />
        <TextField name="keepnr" label="Evaluations kept" value={fields['keepnr'] ?? '3'} number />
        <Choice name="enableemail" label="E-mail" value={fields['enableemail'] ?? '0'} of={yesNo('on', 'off')} />
        <TextField
          name="emailoverride"
          label="E-mail goes to, instead of the maintainers"
          value={fields['emailoverride']}
        />
        <Choice
          name="enable_dynamic_run_command"
          label="Dynamic run commands"
          value={fields['enable_dynamic_run_command'] ?? '0'}
          of={yesNo('allowed', 'not allowed')}
        />
        <TextField name="reason" label="Reason" value="" />
        <button type="submit">{name === undefined ? 'Create jobset' : 'Save'}</button>
      </form>
    </Layout>
  );
};
