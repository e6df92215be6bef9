import type { BuildView, EvaluationView, JobsetView, ProjectView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { BuildTable } from '../ui/build-table.js';
import { EvaluationTable } from '../ui/evaluation-table.js';
import { Layout } from '../ui/layout.js';
import { jobPath, jobsetPath, projectPath } from '../ui/links.js';

type Found = Readonly<{
  projects: readonly ProjectView[];
  jobsets: readonly JobsetView[];
  jobs: readonly Readonly<{ project: string; jobset: string; job: string }>[];
  evaluations: readonly EvaluationView[];
  builds: readonly BuildView[];
  buildsdrv: readonly BuildView[];
}>;

/** Where is it: projects, jobsets, jobs, evaluations of a commit, builds. */
export const SearchPage = ({
  page,
  query,
  found,
  revoked = new Map(),
  problem,
}: {
  page: PageContext;
  query: string;
  found: Found;
  /** names of the releases that were revoked, by evaluation */
  revoked?: ReadonlyMap<number, string>;
  /** the rule that the query broke */
  problem?: string;
}): JSX.Element => {
  const builds = [...found.builds, ...found.buildsdrv];
  const nothing = [found.projects, found.jobsets, found.jobs, found.evaluations, builds].every(
    (kind) => kind.length === 0,
  );
  return (
    <Layout page={page} title="Search">
      <h1>Search</h1>
      <form method="get" action="/search" role="search" class="filter">
        <label>
          Name of a project, jobset or job, number of a build, path of a derivation or output or its hash, commit of an
          input{' '}
          <input
            type="search"
            id="query"
            name="query"
            value={query}
            maxlength="500"
            aria-describedby="query-rule"
            autofocus={query === '' || problem !== undefined}
            aria-invalid={problem === undefined ? undefined : 'true'}
          />
        </label>
        <button type="submit">Search</button>
      </form>
      <p class="muted" id="query-rule">
        {problem === undefined ? (
          <>
            Letters, digits, blanks and <code>_ - / . : +</code>; of a commit, at least its first 7 digits
          </>
        ) : (
          <small class="problem" safe>
            {`✗ ${problem}`}
          </small>
        )}
      </p>
      {query.trim() !== '' && problem === undefined && nothing && <p safe>{`Nothing was found for “${query}”.`}</p>}
      {found.projects.length > 0 && (
        <>
          <h2>Projects</h2>
          <ul>
            {found.projects.map(({ name, displayName }) => (
              <li>
                <a href={projectPath(name)} safe>
                  {displayName}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
      {found.jobsets.length > 0 && (
        <>
          <h2>Jobsets</h2>
          <ul>
            {found.jobsets.map(({ project, name }) => (
              <li>
                <a href={jobsetPath(project, name)} safe>{`${project}:${name}`}</a>
              </li>
            ))}
          </ul>
        </>
      )}
      {found.jobs.length > 0 && (
        <>
          <h2>Jobs</h2>
          <ul>
            {found.jobs.map(({ project, jobset, job }) => (
              <li>
                <a href={jobPath(project, jobset, job)} safe>
                  {job}
                </a>{' '}
                <span class="muted" safe>{`${project}:${jobset}`}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {found.evaluations.length > 0 && (
        <EvaluationTable
          caption="Evaluations of this commit"
          evaluations={found.evaluations}
          revoked={revoked}
          now={page.now}
          withJobset={true}
        />
      )}
      {builds.length > 0 && <BuildTable caption="Builds" builds={builds} now={page.now} />}
    </Layout>
  );
};
