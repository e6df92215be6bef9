import { DECLARATIVE_JOBSET } from '#domain';
import type { EvaluationPoint, JobsetOverview, ProjectView } from '#read-model';
import type { MenuItem } from '../ui/actions-menu.js';
import { Earlier } from '../ui/earlier.js';
import { jobsetPath, projectPath, webLink } from '../ui/links.js';
import { Layout, Live } from '../ui/layout.js';
import { JobsetTable } from '../ui/jobset-table.js';
import { Fact, Facts } from '../ui/table.js';
import type { PageContext } from '../http/page-context.js';
import { ProjectTabs } from './project-tabs.js';

/** What the viewer may do with a project as a whole. */
const projectActions = ({ name, enabled, hidden, declarative }: ProjectView): MenuItem[] => {
  const path = projectPath(name);
  const order = (verb: string, label: string): MenuItem => ({ kind: 'order', label, action: `${path}/${verb}` });
  return [
    ...(declarative ? [] : [{ kind: 'link', label: 'Create jobset', href: `${path}/create-jobset` } as const]),
    { kind: 'link', label: 'Edit configuration', href: `${path}/edit` },
    order(enabled ? 'disable' : 'enable', enabled ? 'Disable' : 'Enable'),
    order(hidden ? 'unhide' : 'hide', hidden ? 'Show in lists' : 'Hide from lists'),
    {
      kind: 'order',
      label: 'Delete this project',
      action: `${path}/delete`,
      warning: 'Its jobsets are deleted and their unfinished builds cancelled. Their events stay in the log.',
    },
  ];
};

/** Which lines of development a project has, and how each stands. */
export const ProjectPage = ({
  page,
  project,
  owner,
  members,
  jobsets,
  histories,
  edits,
}: {
  page: PageContext;
  project: ProjectView;
  owner: string;
  members: readonly string[];
  jobsets: readonly JobsetOverview[];
  /** the newest evaluations of each, by its id, oldest first */
  histories: ReadonlyMap<number, readonly EvaluationPoint[]>;
  /** whether the visitor may change it */
  edits: boolean;
}): JSX.Element => {
  // Whoever may show them again has to find them.
  const visible = jobsets.filter(({ hidden }) => edits || !hidden);
  const homepage = webLink(project.homepage);
  return (
    <Layout page={page} title={project.displayName} crumbs={[]} live>
      <h1 safe>{project.displayName}</h1>
      {project.description !== '' && <p safe>{project.description}</p>}
      <ProjectTabs
        name={project.name}
        current=""
        wantsReason={page.wantsReason}
        items={edits ? projectActions(project) : []}
      />
      <Facts>
        <Fact term="Name">
          <code safe>{project.name}</code>
        </Fact>
        <Fact term="Owner">
          <span safe>{owner}</span>
        </Fact>
        {members.length > 0 && (
          <Fact term="Members">
            <span safe>{members.join(', ')}</span>
          </Fact>
        )}
        {homepage !== undefined && (
          <Fact term="Homepage">
            <a href={homepage} rel="noreferrer nofollow" safe>
              {homepage}
            </a>
          </Fact>
        )}
        {project.declarative !== null && (
          <Fact term="Jobsets">
            as <code safe>{project.declarative.file}</code> in <code safe>{project.declarative.value}</code> says, which{' '}
            <a href={jobsetPath(project.name, DECLARATIVE_JOBSET)}>
              <code>.jobsets</code>
            </a>{' '}
            reads
          </Fact>
        )}
        <Fact term="State">{project.enabled ? 'enabled' : 'disabled: nothing of it is evaluated'}</Fact>
      </Facts>
      <Live id="jobsets">
        {visible.length === 0 ? (
          <p>
            This project has no jobset yet.{' '}
            {edits && project.declarative === null && (
              <a href={`${projectPath(project.name)}/create-jobset`}>Create the first one</a>
            )}
          </p>
        ) : (
          <JobsetTable caption="Jobsets" jobsets={visible} now={page.now} histories={histories} />
        )}
      </Live>
      <Earlier path={projectPath(project.name)} />
    </Layout>
  );
};
