import type { EvaluationView } from '#read-model';
import { changedInputs } from './compared-inputs.js';
import { evaluationPath, jobsetPath } from './links.js';
import { shortRevision } from './revision.js';
import { ProgressBar, Table } from './table.js';
import { duration, Time } from './time.js';

const revisions = ({ inputs, flake }: EvaluationView): string =>
  flake ??
  inputs
    .flatMap(({ name, revision }) => (revision === undefined ? [] : [`${name} ${shortRevision(revision)}`]))
    .join(', ');

/** A number's change: `+2`, `−1`; a true minus sign, for eyes and readers. */
const signed = (change: number): string => (change > 0 ? `+${change}` : `−${-change}`);

/** Of which inputs the revision or value changed since the evaluation before. */
const ChangedInputs = ({ one, before }: { one: EvaluationView; before: EvaluationView }): JSX.Element => {
  const changed = changedInputs(one, before);
  if (changed.length === 0) return <span class="muted">none</span>;
  return (
    <>
      {changed.map(({ name, now, before }) => (
        <div>
          <span safe>{name}</span>{' '}
          <code safe>
            {now === undefined
              ? 'is gone'
              : now.revision === undefined
                ? 'changed'
                : before?.revision === undefined || before.revision === now.revision
                  ? shortRevision(now.revision)
                  : `${shortRevision(before.revision)} → ${shortRevision(now.revision)}`}
          </code>
        </div>
      ))}
    </>
  );
};

/** What became more and less since the evaluation before; nothing while either has unfinished builds: it would not last. */
const Delta = ({ one, before }: { one: EvaluationView; before: EvaluationView }): JSX.Element => {
  if (one.queued > 0 || before.queued > 0) return <span class="muted">not built yet</span>;
  const [succeeded, failed] = [one.succeeded - before.succeeded, one.failed - before.failed];
  if (succeeded === 0 && failed === 0) return <span class="muted">±0</span>;
  return (
    <>
      {succeeded !== 0 && (
        <span class={`status ${succeeded > 0 ? 'good' : 'bad'}`} safe>{`✓ ${signed(succeeded)}`}</span>
      )}{' '}
      {failed !== 0 && <span class={`status ${failed > 0 ? 'bad' : 'good'}`} safe>{`✗ ${signed(failed)}`}</span>}
    </>
  );
};

/** Under which name it is released; else, under which it was. */
const Released = ({ as, revoked }: { as: string | null; revoked: string | undefined }): JSX.Element => {
  if (as !== null) return <span class="muted" safe>{` released as ${as}`}</span>;
  if (revoked === undefined) return '';
  return (
    <>
      {' '}
      <span class="status bad">✗ revoked</span>{' '}
      <span class="muted" safe>
        {revoked}
      </span>
    </>
  );
};

/**
 * Evaluations with what they were made of and how their jobs stand. `older`: they are one jobset's, without a gap, and this is the
 * one before the last of them: each is shown against the one before it.
 */
export const EvaluationTable = ({
  caption,
  evaluations,
  now,
  withJobset = false,
  older,
  revoked,
}: {
  caption: string;
  evaluations: readonly EvaluationView[];
  now: number;
  withJobset?: boolean;
  older?: Readonly<{ evaluation: EvaluationView | undefined }>;
  /** names of releases that were taken back, by their evaluations' ids */
  revoked: ReadonlyMap<number, string>;
}): JSX.Element => (
  <Table
    caption={caption}
    heads={[
      'Evaluation',
      ...(withJobset ? ['Jobset'] : []),
      'When',
      'Took',
      older ? 'Inputs changed' : 'Revisions',
      'New builds',
      'Errors',
      'Jobs',
      ...(older ? ['Change'] : []),
    ]}
  >
    {evaluations.map((one, index) => {
      const before = older && (evaluations[index + 1] ?? older.evaluation);
      return (
        <tr>
          <th scope="row">
            <a href={evaluationPath(one.id)} safe>{`#${one.id}`}</a>
            <Released as={one.releaseName} revoked={revoked.get(one.id)} />
          </th>
          {withJobset && (
            <td>
              <a href={jobsetPath(one.project, one.jobset)} safe>{`${one.project}:${one.jobset}`}</a>
            </td>
          )}
          <td>
            <Time ms={one.finishedAtMs ?? one.startedAtMs} now={now} />
          </td>
          <td class="nowrap" safe>
            {duration((one.checkoutMs ?? 0) + (one.evaluationMs ?? 0))}
          </td>
          <td>{before ? <ChangedInputs one={one} before={before} /> : <code safe>{revisions(one)}</code>}</td>
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
          {older !== undefined && <td>{before ? <Delta one={one} before={before} /> : ''}</td>}
        </tr>
      );
    })}
  </Table>
);
