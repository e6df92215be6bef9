import type {
  EvaluationError,
  EvaluationPoint,
  EvaluationView,
  FarmUsage,
  JobsetView,
  RunningEvaluation,
} from '#read-model';
import type { PageContext } from '../http/page-context.js';
import type { Owners } from '../http/permissions.js';
import { plural } from '../ui/bytes.js';
import { EvaluationTable } from '../ui/evaluation-table.js';
import { Live } from '../ui/layout.js';
import { evaluationPath, jobsetPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Pagination } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { JobsetFramePage } from './jobset-frame.js';
import { HistoryPlots } from './plot.js';
import { Share } from './share.js';

/** When the newest evaluation came to nothing: what could not be fetched has no time of its own, as in Hydra. */
const FailedAt = ({
  jobset: { fetchErrorMsg, errorTimeMs, lastCheckedAtMs },
  now,
}: {
  jobset: JobsetView;
  now: number;
}) => {
  const ms = fetchErrorMsg ? lastCheckedAtMs : errorTimeMs;
  return ms === null ? (
    ''
  ) : (
    <>
      , <Time ms={ms} now={now} />
    </>
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
        <FailedAt jobset={jobset} now={now} />.{' '}
        <a href={`${jobsetPath(jobset.project, jobset.name)}/errors`}>Show the error</a>
      </p>
    </div>
  );
};

/** How a jobset develops: evaluations newest first, what happens now, its share. */
export const JobsetPage = (props: {
  page: PageContext;
  jobset: JobsetView;
  usage: FarmUsage;
  evaluations: readonly EvaluationView[];
  /** the one before the last of them */
  older: EvaluationView | undefined;
  /** names of releases that were taken back, by their evaluations' ids */
  revoked: ReadonlyMap<number, string>;
  /** the newest with new builds, oldest first */
  history: readonly EvaluationPoint[];
  running: RunningEvaluation | undefined;
  pageNumber: number;
  pages: number;
  /** opaque ids of the project's owner and members */
  owner: Owners;
}): JSX.Element => {
  const { page, jobset, usage, evaluations, older, revoked, history, running, pageNumber, pages, owner } = props;
  const path = jobsetPath(jobset.project, jobset.name);
  return (
    <JobsetFramePage {...{ page, jobset, owner }} current="" live>
      <Live id="jobset-live">
        <Now jobset={jobset} running={running} now={page.now} />
        {evaluations.length === 0 ? (
          <p>There is no evaluation with new builds yet.</p>
        ) : (
          <>
            {pageNumber === 1 && <HistoryPlots points={history} now={page.now} />}
            <EvaluationTable
              caption="Evaluations with new builds"
              evaluations={evaluations}
              now={page.now}
              older={{ evaluation: older }}
              revoked={revoked}
            />
          </>
        )}
        <Pagination path={path} page={pageNumber} pages={pages} />
        <Share
          usage={usage}
          jobsetId={jobset.id}
          dispatches={`/api/scheduler/dispatches?jobset=${encodeURIComponent(`${jobset.project}:${jobset.name}`)}`}
        />
      </Live>
    </JobsetFramePage>
  );
};

/** Why the newest evaluation as a whole, or single jobs of it, came to nothing. */
export const ErrorsPage = ({
  page,
  jobset,
  owner,
  errors,
}: {
  page: PageContext;
  jobset: JobsetView;
  owner: Owners;
  errors: readonly EvaluationError[];
}): JSX.Element => {
  const { fetchErrorMsg, errorMsg, lastEvaluationId, lastEvaluationErrors } = jobset;
  return (
    <JobsetFramePage {...{ page, jobset, owner }} current="/errors" title="Errors" live>
      <Live id="errors">
        {Boolean(fetchErrorMsg) && (
          <>
            <h2>
              An input could not be fetched
              <FailedAt jobset={jobset} now={page.now} />
            </h2>
            <pre class="log short" tabindex="0" safe>
              {fetchErrorMsg ?? ''}
            </pre>
          </>
        )}
        {Boolean(errorMsg) && (
          <>
            <h2>
              The evaluation failed
              <FailedAt jobset={jobset} now={page.now} />
            </h2>
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
    </JobsetFramePage>
  );
};
