import type { EvaluationError, EvaluationView, FarmUsage, JobsetView, RunningEvaluation } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { type Owners, roleFor } from '../http/permissions.js';
import { plural } from '../ui/bytes.js';
import { EvaluationTable } from '../ui/evaluation-table.js';
import { Layout, Live } from '../ui/layout.js';
import { evaluationPath, jobsetPath, projectPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Fact, Facts, Pagination, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { Share } from './share.js';

const MODE_WORDS = {
  disabled: 'disabled',
  enabled: 'enabled',
  'one-shot': 'one-shot: disabled by its next evaluation',
  'one-at-a-time': 'one at a time: polled once its newest evaluation is built',
};

const Tabs = ({ jobset, current }: { jobset: JobsetView; current: 'evaluations' | 'errors' }): JSX.Element => {
  const path = jobsetPath(jobset.project, jobset.name);
  const broken = jobset.errorMsg || jobset.fetchErrorMsg || jobset.lastEvaluationErrors > 0;
  return (
    <nav class="tabs" aria-label="Parts of the jobset">
      <a href={path} aria-current={current === 'evaluations' ? 'page' : undefined}>
        Evaluations
      </a>
      <a
        href={`${path}/errors`}
        aria-current={current === 'errors' ? 'page' : undefined}
        class={broken ? 'status bad' : ''}
      >
        {broken ? '✗ Errors' : 'Errors'}
      </a>
    </nav>
  );
};

/** What happens to the jobset right now. */
const Now = ({
  jobset,
  running,
  now,
}: {
  jobset: JobsetView;
  running: RunningEvaluation | undefined;
  now: number;
}): JSX.Element => {
  if (running)
    return (
      <div class="outcome live">
        <p>
          <StatusBadge status="evaluating" />{' '}
          <span
            safe
          >{`since ${duration(now - running.startedAtMs)}: ${plural(running.jobsFound, 'job')} found so far, ${plural(running.errorsFound, 'error')}.`}</span>
        </p>
      </div>
    );
  if (jobset.triggerAtMs !== null)
    return (
      <div class="outcome live">
        <p>
          <StatusBadge status="queued" /> An evaluation was asked for <Time ms={jobset.triggerAtMs} now={now} />.
        </p>
      </div>
    );
  const error = jobset.fetchErrorMsg || jobset.errorMsg;
  if (!error) return '';
  return (
    <div class="outcome bad">
      <p>
        <span class="status bad">✗ The newest evaluation came to nothing</span>
        {jobset.errorTimeMs !== null && (
          <>
            , <Time ms={jobset.errorTimeMs} now={now} />
          </>
        )}
        . <a href={`${jobsetPath(jobset.project, jobset.name)}/errors`}>Show the error</a>
      </p>
    </div>
  );
};

const Source = ({ jobset: { source } }: { jobset: JobsetView }): JSX.Element =>
  source.type === 'flake' ? (
    <Fact term="Flake">
      <code safe>{source.url}</code>
    </Fact>
  ) : (
    <Fact term="Expression">
      <code safe>{source.path}</code> in input <code safe>{source.input}</code>
    </Fact>
  );

const Configuration = ({ jobset, now }: { jobset: JobsetView; now: number }): JSX.Element => (
  <>
    <h2>Configuration</h2>
    <Facts>
      <Fact term="Mode">
        <span safe>{MODE_WORDS[jobset.mode]}</span>
      </Fact>
      <Source jobset={jobset} />
      <Fact term="Checked">
        <span safe>
          {jobset.checkInterval === 0 ? 'only when asked for' : `every ${duration(jobset.checkInterval * 1000)}`}
        </span>
        {', last '}
        {jobset.lastCheckedAtMs === null ? 'never' : <Time ms={jobset.lastCheckedAtMs} now={now} />}
      </Fact>
      <Fact term="Evaluations kept">{jobset.keepEvaluations}</Fact>
      <Fact term="E-mail">{jobset.enableEmail ? 'on' : 'off'}</Fact>
    </Facts>
    {Object.keys(jobset.inputs).length > 0 && (
      <Table caption="Inputs" heads={['Name', 'Type', 'Value']}>
        {Object.entries(jobset.inputs).map(([name, { type, value }]) => (
          <tr>
            <th scope="row" safe>
              {name}
            </th>
            <td>{type}</td>
            <td>
              <code safe>{value}</code>
            </td>
          </tr>
        ))}
      </Table>
    )}
  </>
);

const crumbsOf = ({ project }: JobsetView) => [
  { href: '/', text: 'Overview' },
  { href: projectPath(project), text: project },
];

/** How a jobset develops: evaluations newest first, what happens now, how it is configured. */
export const JobsetPage = (props: {
  page: PageContext;
  jobset: JobsetView;
  usage: FarmUsage;
  evaluations: readonly EvaluationView[];
  running: RunningEvaluation | undefined;
  pageNumber: number;
  pages: number;
  /** opaque ids of the project's owner and members */
  owner: Owners;
}): JSX.Element => {
  const { page, jobset, usage, evaluations, running, pageNumber, pages, owner } = props;
  const path = jobsetPath(jobset.project, jobset.name);
  return (
    <Layout page={page} title={`${jobset.project}:${jobset.name}`} crumbs={crumbsOf(jobset)} live>
      <h1 safe>{jobset.name}</h1>
      {jobset.description !== '' && <p safe>{jobset.description}</p>}
      {jobset.clonedFrom !== null && (
        <p>
          A clone of{' '}
          <a href={jobsetPath(jobset.clonedFrom.project, jobset.clonedFrom.name)} safe>
            {`${jobset.clonedFrom.project}:${jobset.clonedFrom.name}`}
          </a>{' '}
          <span class="muted" safe>{`at revision ${jobset.clonedFrom.revision}`}</span>.
        </p>
      )}
      <Tabs jobset={jobset} current="evaluations" />
      {roleFor('evaluate-jobset', page.visitor, owner) !== undefined && (
        <div class="actions">
          {roleFor('edit-jobset', page.visitor, owner) !== undefined && (
            <>
              <a role="button" class="secondary" href={`${path}/edit`}>
                Edit
              </a>
              <a role="button" class="secondary" href={`${path}/clone`}>
                Clone this jobset
              </a>
            </>
          )}
          <form method="post" action={`${path}/evaluate`}>
            <button type="submit">Evaluate now</button>
          </form>
        </div>
      )}
      <Live id="jobset-live">
        <Now jobset={jobset} running={running} now={page.now} />
        {evaluations.length === 0 ? (
          <p>There is no evaluation with new builds yet.</p>
        ) : (
          <EvaluationTable caption="Evaluations with new builds" evaluations={evaluations} now={page.now} />
        )}
        <Pagination path={path} page={pageNumber} pages={pages} />
        <Share
          usage={usage}
          jobsetId={jobset.id}
          dispatches={`/api/scheduler/dispatches?jobset=${encodeURIComponent(`${jobset.project}:${jobset.name}`)}`}
        />
      </Live>
      <Configuration jobset={jobset} now={page.now} />
    </Layout>
  );
};

/** Why the newest evaluation as a whole, or single jobs of it, came to nothing. */
export const ErrorsPage = ({
  page,
  jobset,
  errors,
}: {
  page: PageContext;
  jobset: JobsetView;
  errors: readonly EvaluationError[];
}): JSX.Element => {
  const { fetchErrorMsg, errorMsg, lastEvaluationId, lastEvaluationErrors } = jobset;
  return (
    <Layout page={page} title={`Errors of ${jobset.project}:${jobset.name}`} crumbs={crumbsOf(jobset)} live>
      <h1 safe>{`Errors of ${jobset.name}`}</h1>
      <Tabs jobset={jobset} current="errors" />
      <Live id="errors">
        {Boolean(fetchErrorMsg) && (
          <>
            <h2>An input could not be fetched</h2>
            <pre class="log short" tabindex="0" safe>
              {fetchErrorMsg ?? ''}
            </pre>
          </>
        )}
        {Boolean(errorMsg) && (
          <>
            <h2>The evaluation failed</h2>
            <pre class="log short" tabindex="0" safe>
              {errorMsg ?? ''}
            </pre>
          </>
        )}
        {lastEvaluationErrors > 0 && lastEvaluationId !== null && (
          <>
            <h2>
              Jobs of evaluation <a href={evaluationPath(lastEvaluationId)} safe>{`#${lastEvaluationId}`}</a> that could
              not be evaluated
            </h2>
            {errors.map(({ job, message }) => (
              <>
                <h3 safe>{job === '' ? '(top level)' : job}</h3>
                <pre class="log short" tabindex="0" safe>
                  {message}
                </pre>
              </>
            ))}
            {lastEvaluationErrors > errors.length && (
              <p safe>{`… and ${lastEvaluationErrors - errors.length} more.`}</p>
            )}
          </>
        )}
        {!fetchErrorMsg && !errorMsg && lastEvaluationErrors === 0 && <p>There are no errors.</p>}
      </Live>
    </Layout>
  );
};
