import type { JobsetOverview } from '#read-model';
import { jobsetPath, projectPath } from './links.js';
import { StatusBadge } from './status.js';
import { ProgressBar, Table } from './table.js';
import { Time } from './time.js';

const MODE_WORDS = {
  disabled: 'disabled',
  enabled: 'enabled',
  'one-shot': 'one-shot',
  'one-at-a-time': 'one at a time',
};

const Row = ({
  jobset,
  now,
  withProject,
}: {
  jobset: JobsetOverview;
  now: number;
  withProject: boolean;
}): JSX.Element => {
  const { project, name, errorMsg, fetchErrorMsg, runningEvaluationId, lastCheckedAtMs, mode, description } = jobset;
  return (
    <tr>
      <th scope="row">
        {withProject && (
          <>
            <a href={projectPath(project)} safe>
              {project}
            </a>
            {' : '}
          </>
        )}
        <a href={jobsetPath(project, name)} safe>
          {name}
        </a>
      </th>
      <td class="words" safe>
        {description}
      </td>
      <td safe>{MODE_WORDS[mode]}</td>
      <td>
        {lastCheckedAtMs === null ? 'never' : <Time ms={lastCheckedAtMs} now={now} />}{' '}
        {runningEvaluationId !== null && <StatusBadge status="evaluating" />}
        {Boolean(errorMsg || fetchErrorMsg) && (
          <a class="status bad" href={`${jobsetPath(project, name)}/errors`}>
            ✗ error
          </a>
        )}
      </td>
      <td>
        <ProgressBar succeeded={jobset.nrSucceeded} failed={jobset.nrFailed} total={jobset.nrTotal} />
      </td>
    </tr>
  );
};

/** Jobsets with how their current jobs stand. */
export const JobsetTable = ({
  caption,
  jobsets,
  now,
  withProject = false,
}: {
  caption: string;
  jobsets: readonly JobsetOverview[];
  now: number;
  withProject?: boolean;
}): JSX.Element => (
  <Table caption={caption} heads={['Jobset', 'Description', 'Mode', 'Last checked', 'Current jobs']}>
    {jobsets.map((jobset) => (
      <Row jobset={jobset} now={now} withProject={withProject} />
    ))}
  </Table>
);
