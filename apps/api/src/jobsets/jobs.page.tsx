import type { EvaluationPoint, JobCell, JobRow } from '#read-model';
import { standing } from '../ui/build-table.js';
import { plural } from '../ui/bytes.js';
import { Live } from '../ui/layout.js';
import { buildPath, evaluationPath, jobPath, jobsetPath } from '../ui/links.js';
import { Matrix } from '../ui/matrix.js';
import { StatusLink, statusWord } from '../ui/status.js';
import { Time } from '../ui/time.js';
import { type JobsetFrame, JobsetFramePage } from './jobset-frame.js';

type Frame = Omit<JobsetFrame, 'current' | 'title'>;

/** One build as one sign: its word is for readers and on hover. */
const Cell = ({ cell }: { cell: JobCell | undefined }): JSX.Element => {
  if (!cell) return <td></td>;
  const status = standing(cell);
  return (
    <td>
      <StatusLink href={buildPath(cell.buildId)} status={status} label={statusWord(status)} />
    </td>
  );
};

/** Jobs against evaluations, newest first. */
const Jobs = ({
  jobset: { project, name },
  jobs,
  evaluations,
  caption,
  now,
}: Pick<Frame, 'jobset'> & {
  jobs: readonly JobRow[];
  evaluations: readonly EvaluationPoint[];
  caption: string;
  now: number;
}): JSX.Element => (
  <Matrix
    caption={caption}
    rowHead="Job"
    columnHeads={evaluations.map(({ id, atMs }) => (
      <>
        <a href={evaluationPath(id)} safe>{`#${id}`}</a>
        <span class="visually-hidden">
          {' '}
          <Time ms={atMs} now={now} />
        </span>
      </>
    ))}
  >
    {jobs.map(({ job, active, cells }) => (
      <tr>
        <th scope="row">
          <a href={jobPath(project, name, job)} safe>
            {job}
          </a>
          {!active && <span class="muted"> not any more</span>}
        </th>
        {evaluations.map(({ id }) => (
          <Cell cell={cells[id]} />
        ))}
      </tr>
    ))}
  </Matrix>
);

/** How the jobs of a jobset went in its newest evaluations: those whose name holds a word, those that are gone where wanted. */
export const JobsPage = (
  props: Frame &
    Readonly<{
      /** newest first */
      evaluations: readonly EvaluationPoint[];
      jobs: readonly JobRow[];
      total: number;
      filter: string;
      showInactive: boolean;
    }>,
): JSX.Element => {
  const { page, jobset, evaluations, jobs, total, filter, showInactive } = props;
  const hidden = total - jobs.length;
  return (
    <JobsetFramePage {...props} current="/jobs" title="Jobs" live>
      <form
        method="get"
        action={`${jobsetPath(jobset.project, jobset.name)}/jobs`}
        class="filter"
        aria-label="Jobs to show"
      >
        <label>
          Job name contains <input type="search" name="filter" value={filter} maxlength="255" />
        </label>
        <label class="check">
          <input type="checkbox" name="showInactive" value="1" checked={showInactive} /> Also jobs that are gone
        </label>
        <button type="submit">Show</button>
      </form>
      <Live id="jobs-live">
        {jobs.length === 0 ? (
          <p>{evaluations.length === 0 ? 'There is no evaluation with new builds yet.' : 'There is no such job.'}</p>
        ) : (
          <>
            <Jobs
              {...{ jobset, jobs, evaluations, now: page.now }}
              caption={`${plural(total, 'job')} in the newest ${evaluations.length === 1 ? 'evaluation' : plural(evaluations.length, 'evaluation')} with new builds`}
            />
            {hidden > 0 && (
              <p
                safe
              >{`The first ${jobs.length} are shown; ${hidden} more are hidden: say what their names contain.`}</p>
            )}
          </>
        )}
      </Live>
    </JobsetFramePage>
  );
};
