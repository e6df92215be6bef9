import type { AggregateMatrix, Constituent } from '#read-model';
import { standing } from '../ui/build-table.js';
import { buildPath, jobPath } from '../ui/links.js';
import { Matrix } from '../ui/matrix.js';
import { StatusLink, statusWord } from '../ui/status.js';

const Cell = ({ build }: { build: Omit<Constituent, 'aggregateId'> | undefined }): JSX.Element => {
  if (!build) return <span class="muted">–</span>;
  const status = standing(build);
  return (
    <StatusLink href={buildPath(build.buildId)} status={status} label={`#${build.buildId} ${statusWord(status)}`} />
  );
};

/** What an aggregate is made of: its constituents, what is not well in its newest build first, over its newest builds. */
export const Constituents = (props: {
  of: Readonly<{ project: string; jobset: string }>;
  matrix: AggregateMatrix;
}): JSX.Element => {
  const {
    of: { project, jobset },
    matrix: { aggregates, jobs, total },
  } = props;
  const caption = `Constituents of its ${aggregates.length === 1 ? 'newest build' : `${aggregates.length} newest builds`}`;
  return (
    <>
      <Matrix
        caption={caption}
        rowHead="Constituent"
        columnHeads={aggregates.map(({ id }) => (
          <a href={buildPath(id)} safe>{`#${id}`}</a>
        ))}
      >
        <tr>
          <th scope="row">(itself)</th>
          {aggregates.map(({ id, ...build }) => (
            <td>
              <Cell build={{ buildId: id, ...build }} />
            </td>
          ))}
        </tr>
        {jobs.map(({ job, builds }) => (
          <tr>
            <th scope="row">
              <a href={jobPath(project, jobset, job)} safe>
                {job}
              </a>
            </th>
            {aggregates.map(({ id }) => (
              <td>
                <Cell build={builds.find(({ aggregateId }) => aggregateId === id)} />
              </td>
            ))}
          </tr>
        ))}
      </Matrix>
      {jobs.length < total && (
        <p>
          <span
            safe
          >{`${jobs.length} of ${total} constituents, those that are not well first. All are on the page of `}</span>
          <a href={buildPath(aggregates[0]!.id)} safe>{`build #${aggregates[0]!.id}`}</a>.
        </p>
      )}
    </>
  );
};
