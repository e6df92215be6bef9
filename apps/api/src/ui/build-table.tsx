import type { BuildView } from '#read-model';
import { buildPath, jobPath, jobsetPath } from './links.js';
import { StatusBadge } from './status.js';
import { Table } from './table.js';
import { duration, Time } from './time.js';

/** How a build stands now. */
export const standing = ({ status, isBuilding }: Pick<BuildView, 'status' | 'isBuilding'>) =>
  status ?? (isBuilding ? 'running' : 'queued');

const took = ({ startedAtMs, stoppedAtMs }: BuildView): string =>
  startedAtMs === null || stoppedAtMs === null ? '' : duration(stoppedAtMs - startedAtMs);

/** Of what is told of a build in a row: how it stands, and which it is. */
export const BuildCells = (props: { build: BuildView; withJobset?: boolean; withJob?: boolean }): JSX.Element => {
  const { build, withJobset = true, withJob = true } = props;
  return (
    <>
      <td>
        <StatusBadge status={standing(build)} />
      </td>
      <th scope="row">
        <a href={buildPath(build.id)} safe>{`#${build.id}`}</a>
      </th>
      {withJobset && (
        <td>
          <a href={jobsetPath(build.project, build.jobset)} safe>{`${build.project}:${build.jobset}`}</a>
        </td>
      )}
      {withJob && (
        <td>
          <a href={jobPath(build.project, build.jobset, build.job)} safe>
            {build.job}
          </a>
        </td>
      )}
    </>
  );
};

/** Builds, a row each. */
export const BuildTable = ({
  caption,
  builds,
  now,
  withJobset = true,
  withJob = true,
}: {
  caption: string;
  builds: readonly BuildView[];
  now: number;
  withJobset?: boolean;
  withJob?: boolean;
}): JSX.Element => (
  <Table
    caption={caption}
    heads={[
      'Status',
      'Build',
      ...(withJobset ? ['Jobset'] : []),
      ...(withJob ? ['Job'] : []),
      'Name',
      'System',
      'When',
      'Took',
    ]}
  >
    {builds.map((build) => (
      <tr>
        <BuildCells build={build} withJobset={withJobset} withJob={withJob} />
        <td class="name" safe>
          {build.nixName}
        </td>
        <td safe>{build.system}</td>
        <td>
          <Time ms={build.stoppedAtMs ?? build.queuedAtMs} now={now} />
        </td>
        <td class="nowrap" safe>
          {took(build)}
        </td>
      </tr>
    ))}
  </Table>
);
