import type { EvaluationView } from '#read-model';
import { evaluationPath, jobsetPath } from './links.js';
import { ProgressBar, Table } from './table.js';
import { duration, Time } from './time.js';

/** The part of a revision that people compare; the whole of a short one. */
export const shortRevision = (revision: string): string =>
  /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 10) : revision.slice(0, 40);

const revisions = ({ inputs, flake }: EvaluationView): string =>
  flake ??
  inputs
    .flatMap(({ name, revision }) => (revision === undefined ? [] : [`${name} ${shortRevision(revision)}`]))
    .join(', ');

/** Evaluations with what they were made of and how their jobs stand. */
export const EvaluationTable = ({
  caption,
  evaluations,
  now,
  withJobset = false,
}: {
  caption: string;
  evaluations: readonly EvaluationView[];
  now: number;
  withJobset?: boolean;
}): JSX.Element => (
  <Table
    caption={caption}
    heads={[
      'Evaluation',
      ...(withJobset ? ['Jobset'] : []),
      'When',
      'Took',
      'Revisions',
      'New builds',
      'Errors',
      'Jobs',
    ]}
  >
    {evaluations.map((one) => (
      <tr>
        <th scope="row">
          <a href={evaluationPath(one.id)} safe>{`#${one.id}`}</a>
          {one.releaseName !== null && <span class="muted" safe>{` released as ${one.releaseName}`}</span>}
        </th>
        {withJobset && (
          <td>
            <a href={jobsetPath(one.project, one.jobset)} safe>{`${one.project}:${one.jobset}`}</a>
          </td>
        )}
        <td>
          <Time ms={one.finishedAtMs ?? one.startedAtMs} now={now} />
        </td>
        <td safe>{duration((one.checkoutMs ?? 0) + (one.evaluationMs ?? 0))}</td>
        <td>
          <code safe>{revisions(one)}</code>
        </td>
        <td class="number">{one.newBuilds}</td>
        <td class="number">
          {one.errors > 0 ? (
            <a class="status bad" href={`${evaluationPath(one.id)}/errors`} safe>{`✗ ${one.errors}`}</a>
          ) : (
            '0'
          )}
        </td>
        <td>
          <ProgressBar succeeded={one.succeeded} failed={one.failed} total={one.jobs} />
        </td>
      </tr>
    ))}
  </Table>
);
