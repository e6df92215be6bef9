import type { JobsetOverview, ProjectView } from '#read-model';
import { projectPath, webLink } from '../ui/links.js';
import { Layout, Live } from '../ui/layout.js';
import { JobsetTable } from '../ui/jobset-table.js';
import { Fact, Facts } from '../ui/table.js';
import type { PageContext } from '../http/page-context.js';

const Switch = ({ path, word }: { path: string; word: string }): JSX.Element => (
  <form method="post" action={path}>
    <input type="text" name="reason" maxlength="1000" placeholder="Reason" aria-label={`Reason: ${word}`} />
    <button type="submit" class="secondary" safe>
      {word}
    </button>
  </form>
);

/** What may be done with a project as a whole. */
const ProjectActions = ({ project: { name, enabled, hidden } }: { project: ProjectView }): JSX.Element => {
  const path = projectPath(name);
  return (
    <div class="actions">
      <a role="button" class="secondary" href={`${path}/create-jobset`}>
        Create jobset
      </a>
      <a role="button" class="secondary" href={`${path}/edit`}>
        Edit
      </a>
      <Switch path={`${path}/${enabled ? 'disable' : 'enable'}`} word={enabled ? 'Disable' : 'Enable'} />
      <Switch path={`${path}/${hidden ? 'unhide' : 'hide'}`} word={hidden ? 'Show in lists' : 'Hide from lists'} />
    </div>
  );
};

/** Which lines of development a project has, and how each stands. */
export const ProjectPage = ({
  page,
  project,
  owner,
  members,
  jobsets,
  edits,
}: {
  page: PageContext;
  project: ProjectView;
  owner: string;
  members: readonly string[];
  jobsets: readonly JobsetOverview[];
  /** whether the visitor may change it */
  edits: boolean;
}): JSX.Element => {
  const visible = jobsets.filter(({ hidden }) => !hidden);
  const homepage = webLink(project.homepage);
  return (
    <Layout page={page} title={project.displayName} crumbs={[{ href: '/', text: 'Overview' }]} live>
      <h1 safe>{project.displayName}</h1>
      {project.description !== '' && <p safe>{project.description}</p>}
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
        <Fact term="State">{project.enabled ? 'enabled' : 'disabled: nothing of it is evaluated'}</Fact>
      </Facts>
      {edits && <ProjectActions project={project} />}
      <Live id="jobsets">
        {visible.length === 0 ? (
          <p>
            This project has no jobset yet. Make one with <code safe>{`PUT /jobset/${project.name}/NAME`}</code>.
          </p>
        ) : (
          <JobsetTable caption="Jobsets" jobsets={visible} now={page.now} />
        )}
      </Live>
    </Layout>
  );
};
