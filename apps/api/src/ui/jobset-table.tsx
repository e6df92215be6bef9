import type { EvaluationPoint, JobsetOverview } from '#read-model';
import { plural } from './bytes.js';
import { jobsetPath, projectPath } from './links.js';
import { Sparkline } from './bars.js';
import { StatusBadge } from './status.js';
import { ProgressBar, Table } from './table.js';
import { Time } from './time.js';

const MODE_WORDS = {
  disabled: 'disabled',
  enabled: 'enabled',
  'one-shot': 'one-shot',
  'one-at-a-time': 'one at a time',
};

/** How many jobs failed in each of the newest evaluations. */
const Failures = ({ points }: { points: readonly EvaluationPoint[] }): JSX.Element => {
  if (points.length === 0) return '';
  const values = points.map(({ failed }) => failed);
  return (
    <Sparkline
      label={`Failing in the newest ${plural(points.length, 'evaluation')}, oldest first: ${values.join(', ')}`}
      values={values}
      tone="bad"
    />
  );
};

type Histories = ReadonlyMap<number, readonly EvaluationPoint[]>;

const Row = ({
  jobset,
  now,
  withProject,
  histories,
}: {
  jobset: JobsetOverview;
  now: number;
  withProject: boolean;
  histories: Histories | undefined;
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
        {jobset.hidden && <span class="muted"> hidden</span>}
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
      {histories !== undefined && (
        <td>
          <Failures points={histories.get(jobset.id) ?? []} />
        </td>
      )}
    </tr>
  );
};

/** Jobsets with how their current jobs stand; with `histories` (oldest first, by id), also how many failed before. */
export const JobsetTable = ({
  caption,
  jobsets,
  now,
  withProject = false,
  histories,
}: {
  caption: string;
  jobsets: readonly JobsetOverview[];
  now: number;
  withProject?: boolean;
  histories?: Histories;
}): JSX.Element => (
  <Table
    caption={caption}
    heads={['Jobset', 'Description', 'Mode', 'Last checked', 'Current jobs', ...(histories ? ['Failures'] : [])]}
  >
    {jobsets.map((jobset) => (
      <Row jobset={jobset} now={now} withProject={withProject} histories={histories} />
    ))}
  </Table>
);
