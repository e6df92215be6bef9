import type { AggregateMatrix, Constituent } from '#read-model';
import { standing } from '../ui/build-table.js';
import { buildPath, jobPath } from '../ui/links.js';
import { glyphOf, toneOf, statusWord } from '../ui/status.js';

const Cell = ({ build }: { build: Omit<Constituent, 'aggregateId'> | undefined }): JSX.Element => {
  if (!build) return <span class="muted">–</span>;
  const status = standing(build);
  const label = `#${build.buildId} ${statusWord(status)}`;
  return (
    <a href={buildPath(build.buildId)} class={`status ${toneOf(status)}`} title={label} aria-label={label} safe>
      {glyphOf(status)}
    </a>
  );
};

/** What an aggregate is made of: its constituents, what is not well in its newest build first, over its newest builds. */
export const Matrix = (props: {
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
      <div class="scroll" tabindex="0" role="region" aria-label={caption}>
        <table class="striped matrix">
          <caption safe>{caption}</caption>
          <thead>
            <tr>
              <th scope="col">Constituent</th>
              {aggregates.map(({ id }) => (
                <th scope="col">
                  <a href={buildPath(id)} safe>{`#${id}`}</a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
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
          </tbody>
        </table>
      </div>
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
