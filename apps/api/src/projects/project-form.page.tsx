import { INPUT_TYPES, type ProjectConfiguration } from '#domain';
import type { PageContext } from '../http/page-context.js';
import { TextField } from '../ui/fields.js';
import { Layout } from '../ui/layout.js';
import { projectPath } from '../ui/links.js';

/** What the form starts with; people by name. Without a name: a new project. */
export type ProjectFields = Readonly<{
  name?: string;
  configuration?: ProjectConfiguration;
  owner: string;
  members: readonly string[];
}>;

/** Two answers as a list: a box that is not ticked sends nothing, which would read as the default. */
const Choice = (props: { name: string; label: string; yes: string; no: string; value: boolean }): JSX.Element => (
  <label>
    <span safe>{props.label}</span>
    <select name={props.name}>
      <option value="1" selected={props.value} safe>
        {props.yes}
      </option>
      <option value="0" selected={!props.value} safe>
        {props.no}
      </option>
    </select>
  </label>
);

/** Creates a project, or changes all that can be set about it. `givesAway`: the visitor may name another owner. */
export const ProjectFormPage = ({
  page,
  fields: { name, configuration, owner, members },
  givesAway,
  revision,
}: {
  page: PageContext;
  fields: ProjectFields;
  givesAway: boolean;
  /** of the project as it is shown: whoever saves what somebody changed since is told so */
  revision?: number | undefined;
}): JSX.Element => {
  const title = name === undefined ? 'Create a project' : `Edit ${name}`;
  const crumbs = name === undefined ? [] : [{ href: projectPath(name), text: name }];
  const { declarative } = configuration ?? {};
  return (
    <Layout page={page} title={title} crumbs={[{ href: '/', text: 'Overview' }, ...crumbs]}>
      <h1 safe>{title}</h1>
      <form method="post" action={name === undefined ? '/create-project' : `${projectPath(name)}/edit`} class="sheet">
        {revision !== undefined && <input type="hidden" name="revision" value={String(revision)} />}
        <TextField name="name" label="Name, as it stands in addresses" value={name} max={255} required />
        <TextField name="displayname" label="Displayed name" value={configuration?.displayName} required />
        <TextField name="description" label="Description" value={configuration?.description} />
        <TextField name="homepage" label="Homepage" value={configuration?.homepage} />
        <TextField name="owner" label="Owner" value={owner} max={255} fixed={!givesAway} required />
        <TextField name="members" label="Members, by name: they may do what the owner may" value={members.join(' ')} />
        <Choice name="enabled" label="State" yes="enabled" no="disabled" value={configuration?.enabled ?? true} />
        <Choice name="visible" label="Lists" yes="visible" no="hidden" value={!(configuration?.hidden ?? false)} />
        <Choice
          name="enable_dynamic_run_command"
          label="Dynamic run commands"
          yes="allowed"
          no="not allowed"
          value={configuration?.enableDynamicRunCommand ?? false}
        />
        <details open={declarative !== undefined}>
          <summary>Declarative specification</summary>
          <TextField name="declfile" label="File" value={declarative?.file} />
          <label>
            <span>Type of the input</span>
            <select name="decltype">
              {INPUT_TYPES.map((type) => (
                <option value={type} selected={type === (declarative?.type ?? 'git')}>
                  {type}
                </option>
              ))}
            </select>
          </label>
          <TextField name="declvalue" label="Value of the input" value={declarative?.value} />
        </details>
        <TextField name="reason" label="Reason" max={1000} />
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
