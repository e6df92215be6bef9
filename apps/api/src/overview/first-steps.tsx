import type { PropsWithChildren } from '@kitajs/html';
import { ownersOf, type ProjectView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { roleFor } from '../http/permissions.js';
import { jobsetPath, projectPath } from '../ui/links.js';

/** A step of the way; one that is done stays, so that people see where they are. */
const Step = ({ done, children }: PropsWithChildren<{ done: boolean }>): JSX.Element => (
  <li class={done ? 'muted' : ''}>
    {done && <span class="status good">✓ done: </span>}
    {children}
  </li>
);

/** What to do, one after the other, with a farm that did not evaluate anything yet. */
export const FirstSteps = ({ page, projects }: { page: PageContext; projects: readonly ProjectView[] }) => {
  const signedIn = page.visitor.user !== undefined;
  const project = projects.find(({ jobsets }) => jobsets.length > 0) ?? projects[0];
  const jobset = project?.jobsets[0];
  const edits = project !== undefined && roleFor('edit-project', page.visitor, ownersOf(project)) !== undefined;
  return (
    <section>
      <h2>First steps</h2>
      <p>This farm builds nothing yet.</p>
      <ol>
        <Step done={signedIn}>
          {signedIn ? (
            'you are signed in'
          ) : (
            <>
              <a href="/login">Sign in</a>: the first start of the farm printed the password of <code>admin</code>.
            </>
          )}
        </Step>
        <Step done={project !== undefined}>
          {project !== undefined ? (
            <>
              the project{' '}
              <a href={projectPath(project.name)} safe>
                {project.displayName}
              </a>
            </>
          ) : roleFor('create-project', page.visitor) === undefined ? (
            'Have somebody who may create projects make one.'
          ) : (
            <>
              <a href="/create-project">Create a project</a>, which holds what belongs together.
            </>
          )}
        </Step>
        <Step done={jobset !== undefined}>
          {project !== undefined && jobset !== undefined ? (
            <>
              the jobset{' '}
              <a href={jobsetPath(project.name, jobset)} safe>
                {jobset}
              </a>
            </>
          ) : (
            <>
              {project !== undefined && edits ? (
                <a href={`${projectPath(project.name)}/create-jobset`} safe>
                  {`Create a jobset in ${project.displayName}`}
                </a>
              ) : (
                <span>Create a jobset in it</span>
              )}
              : which branch or flake is evaluated, how often, with what share of the farm. A path of this machine will
              do for a try.
            </>
          )}
        </Step>
        <Step done={false}>
          {project !== undefined && jobset !== undefined ? (
            <>
              Wait for its first evaluation, or ask for one by the Actions on{' '}
              <a href={jobsetPath(project.name, jobset)}>its page</a>. What goes wrong stands there too.
            </>
          ) : (
            'Its first evaluation begins by itself where it is polled, or by the Actions on its page.'
          )}
        </Step>
        <Step done={false}>
          Look at <a href="/machines">the machines</a> that build it, and at <a href="/buckets">the buckets</a> that
          keep it.
        </Step>
      </ol>
    </section>
  );
};
