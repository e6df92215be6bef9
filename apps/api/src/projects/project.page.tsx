import type { JobsetOverview, ProjectView } from '#read-model';
import { webLink } from '../ui/links.js';
import { Layout, Live } from '../ui/layout.js';
import { JobsetTable } from '../ui/jobset-table.js';
import { Fact, Facts } from '../ui/table.js';
import type { PageContext } from '../http/page-context.js';

/** Which lines of development a project has, and how each stands. */
export const ProjectPage = ({
  page,
  project,
  owner,
  jobsets,
}: {
  page: PageContext;
  project: ProjectView;
  owner: string;
  jobsets: readonly JobsetOverview[];
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
        {homepage !== undefined && (
          <Fact term="Homepage">
            <a href={homepage} rel="noreferrer nofollow" safe>
              {homepage}
            </a>
          </Fact>
        )}
        <Fact term="State">{project.enabled ? 'enabled' : 'disabled: nothing of it is evaluated'}</Fact>
      </Facts>
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
