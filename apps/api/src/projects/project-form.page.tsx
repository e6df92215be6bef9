import { INPUT_TYPES } from '#domain';
import type { PageContext } from '../http/page-context.js';
import { crumbsTo } from '../ui/crumbs.js';
import { Choice, type Refused, RefusedNote, TextField, yesNo } from '../ui/fields.js';
import { Layout } from '../ui/layout.js';
import { projectPath } from '../ui/links.js';

/** What the form shows: fields by the names that a PUT gives them, as text; people by name. */
export type ProjectFields = Readonly<{
  fields: Readonly<Partial<Record<string, string>>>;
  /** of the project as it is shown: whoever saves what somebody changed since is told so */
  revision?: string | undefined;
}>;

/** What refusals call fields that forms spell as Hydra's do. */
const CALLS: Readonly<Record<string, string>> = {
  declfile: 'declarative.file',
  decltype: 'declarative.type',
  declvalue: 'declarative.value',
};

/** Creates a project, or changes all that can be set about it. `givesAway`: the visitor may name another owner. */
export const ProjectFormPage = ({
  page,
  name,
  shown: { fields, revision },
  givesAway,
  refused,
}: {
  page: PageContext;
  /** of the one that is changed */
  name?: string | undefined;
  shown: ProjectFields;
  givesAway: boolean;
  refused?: Refused | undefined;
}): JSX.Element => {
  const title = name === undefined ? 'Create a project' : `Edit ${name}`;
  const crumbs = name === undefined ? [] : crumbsTo({ project: name });
  const field = (of: string, otherwise = '') => ({
    name: of,
    value: fields[of] ?? otherwise,
    refused,
    calls: CALLS[of],
  });
  const declares = (fields['declfile'] ?? '') !== '' || refused?.field?.startsWith('decl') === true;
  return (
    <Layout page={page} title={title} crumbs={crumbs}>
      <h1 safe>{title}</h1>
      <RefusedNote refused={refused} />
      <form method="post" action={name === undefined ? '/create-project' : `${projectPath(name)}/edit`} class="sheet">
        {revision !== undefined && <input type="hidden" name="revision" value={revision} />}
        <TextField {...field('name')} label="Name, as it stands in addresses" max={255} required />
        <TextField {...field('displayname')} label="Displayed name" required />
        <TextField {...field('description')} label="Description" />
        <TextField {...field('homepage')} label="Homepage" />
        <TextField {...field('owner')} label="Owner" max={255} fixed={!givesAway} required />
        <TextField {...field('members')} label="Members, by name: they may do what the owner may" />
        <Choice {...field('enabled', '1')} label="State" of={yesNo('enabled', 'disabled')} />
        <Choice {...field('visible', '1')} label="Lists" of={yesNo('visible', 'hidden')} />
        <Choice
          {...field('enable_dynamic_run_command', '0')}
          label="Dynamic run commands"
          of={yesNo('allowed', 'not allowed')}
        />
        <details open={declares}>
          <summary>Declarative specification</summary>
          <TextField {...field('declfile')} label="File" />
          <Choice
            {...field('decltype', 'git')}
            label="Type of the input"
            of={INPUT_TYPES.map((type) => [type, type])}
          />
          <TextField {...field('declvalue')} label="Value of the input" />
        </details>
        <TextField {...field('reason')} label="Reason" max={1000} />
        <button type="submit">{name === undefined ? 'Create' : 'Save'}</button>
      </form>
      {name !== undefined && (
        <details>
          <summary>Delete this project</summary>
          <form method="post" action={`${projectPath(name)}/delete`}>
            <p>Its jobsets go with it; the builds and the history of what happened stay.</p>
            <TextField name="reason" label="Reason" max={1000} required />
            <button type="submit" class="secondary">
              Delete
            </button>
          </form>
        </details>
      )}
    </Layout>
  );
};
