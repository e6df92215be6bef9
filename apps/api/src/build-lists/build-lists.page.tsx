import type { ProjectView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { type JobsetFrame, JobsetFramePage } from '../jobsets/jobset-frame.js';
import { ProjectTabs } from '../projects/project-tabs.js';
import { crumbsTo } from '../ui/crumbs.js';
import { Layout } from '../ui/layout.js';
import { type BuildList, FinishedBuilds } from './build-list.js';

type Listed = Readonly<{ page: PageContext; path: string; list: BuildList }>;

/** Finished builds of a jobset, page by page. */
export const JobsetBuildsPage = (props: Listed & Pick<JobsetFrame, 'jobset' | 'owner'>): JSX.Element => {
  const { page, path, list } = props;
  return (
    <JobsetFramePage {...props} current="/all" title="Builds">
      <FinishedBuilds path={path} list={list} now={page.now} />
    </JobsetFramePage>
  );
};

/** Finished builds of all jobsets of a project, page by page. */
export const ProjectBuildsPage = ({ page, project, path, list }: Listed & { project: ProjectView }): JSX.Element => {
  return (
    <Layout page={page} title={`Builds of ${project.name}`} crumbs={crumbsTo({ project: project.name })}>
      <h1 safe>{`Builds of ${project.displayName}`}</h1>
      <ProjectTabs name={project.name} current="/all" />
      <FinishedBuilds path={path} list={list} now={page.now} withJobset />
    </Layout>
  );
};
