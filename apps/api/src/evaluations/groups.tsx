import type { PropsWithChildren } from '@kitajs/html';
import type { DiffGroup, DiffJobs, DiffRow, EvaluationDiff, EvaluationError, EvaluationView } from '#read-model';
import { standing } from '../ui/build-table.js';
import { buildPath, evaluationPath, jobPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Table } from '../ui/table.js';
import { InputsTable } from './inputs.js';

/** Hydra's groups of jobs, in its order; after them come the inputs and the errors. */
const GROUPS: readonly (readonly [DiffGroup, string])[] = [
  ['nowFail', 'Newly failing'],
  ['nowSucceed', 'Newly succeeding'],
  ['new', 'New'],
  ['removed', 'Removed'],
  ['stillFail', 'Still failing'],
  ['stillSucceed', 'Still succeeding'],
  ['unfinished', 'Queued'],
  ['aborted', 'Aborted'],
];

/** What a page of an evaluation shows below its facts. */
export type Compared = Readonly<{
  evaluation: EvaluationView;
  other: EvaluationView | undefined;
  diff: EvaluationDiff;
  /** how many could not be evaluated (of those that the filter lets through), and the first of them */
  errors: Readonly<{ count: number; rows: readonly EvaluationError[] }>;
  /** what names must hold; empty: any */
  filter: string;
  /** this page with every row */
  fullHref: string;
}>;

/** `of`: the evaluation that has the job; of a job that is gone the other one, which may be another jobset's. */
const Row = ({ row, of }: { row: DiffRow; of: EvaluationView }): JSX.Element => {
  const was = row.otherStatus !== null && row.otherStatus !== row.status ? row.otherStatus : undefined;
  return (
    <tr>
      <td>
        {row.buildId === null ? <span class="muted">gone</span> : <StatusBadge status={standing(row)} />}
        {was !== undefined && (
          <>
            <span class="muted"> was </span>
            <a href={buildPath(row.otherBuildId!)} class="quiet">
              <StatusBadge status={was} />
            </a>
          </>
        )}
      </td>
      <th scope="row">
        <a href={jobPath(of.project, of.jobset, row.job)} safe>
          {row.job}
        </a>
      </th>
      <td>
        {row.buildId === null ? (
          <a href={buildPath(row.otherBuildId!)} safe>{`was #${row.otherBuildId}`}</a>
        ) : (
          <a href={buildPath(row.buildId)} safe>{`#${row.buildId}`}</a>
        )}
      </td>
      <td class="name" safe>
        {row.nixName ?? ''}
      </td>
      <td safe>{row.system ?? ''}</td>
    </tr>
  );
};

/** A group that can be folded; a link to `#id` opens it, since the id is inside. */
const Group = (props: PropsWithChildren<{ id: string; title: string; open?: boolean }>): JSX.Element => (
  <details class="group" id={`${props.id}-group`} open={props.open ?? false}>
    <summary safe>{props.title}</summary>
    <div id={props.id}>{props.children}</div>
  </details>
);

/** Never a list that ends without saying so. */
const Hidden = ({ count, shown, href }: { count: number; shown: number; href: string }): JSX.Element =>
  count <= shown ? (
    ''
  ) : (
    <p>
      <span safe>{`The first ${shown} are shown; ${count - shown} more are hidden. `}</span>
      <a href={href} safe>{`Show all ${count}`}</a>
    </p>
  );

const counted = ({ count, total }: Pick<DiffJobs, 'count' | 'total'>): string =>
  count === total ? `(${count})` : `(${count} of ${total})`;

/** What is in each group, at a glance. */
const Glance = ({ groups }: { groups: readonly (readonly [id: string, title: string, count: number])[] }) => (
  <nav class="glance" aria-label="Groups of jobs">
    <ul>
      {groups.map(([id, title, count]) => (
        <li>
          {count === 0 ? (
            <span class="muted" safe>{`${title} 0`}</span>
          ) : (
            <a href={`#${id}`}>
              <span safe>{title}</span> <strong>{count}</strong>
            </a>
          )}
        </li>
      ))}
    </ul>
  </nav>
);

/**
 * Hydra's ten groups: newly failing first, and open; so is what is new where there is nothing to compare with, for else nobody would
 * see what failed in it. With a filter all of them are open: somebody looks for something.
 */
export const Groups = (compared: Compared): JSX.Element => {
  const { evaluation, other, diff, errors, filter, fullHref } = compared;
  const glance = [
    ...GROUPS.map(([kind, title]) => [kind, title, diff[kind].count] as const),
    ['inputs', 'Inputs', evaluation.inputs.length + (evaluation.flake === null ? 0 : 1)] as const,
    ['errors', 'Errors', errors.count] as const,
  ];
  const isOpen = (kind: DiffGroup): boolean =>
    filter !== '' || kind === 'nowFail' || (kind === 'new' && other === undefined);
  return (
    <>
      <Glance groups={glance} />
      {filter !== '' && glance.every(([id, , count]) => id === 'inputs' || count === 0) && (
        <p safe>{`No job’s name holds “${filter}”.`}</p>
      )}
      {diff.nowFail.total === 0 && filter === '' && other !== undefined && (
        <p>
          <span class="status good">✓ Nothing fails that succeeded before.</span>
        </p>
      )}
      {GROUPS.filter(([kind]) => diff[kind].count > 0).map(([kind, title]) => (
        <Group id={kind} title={`${title} ${counted(diff[kind])}`} open={isOpen(kind)}>
          <Table caption={title} heads={['Status', 'Job', 'Build', 'Name', 'System']} hideCaption>
            {diff[kind].rows.map((row) => (
              <Row row={row} of={row.buildId === null && other !== undefined ? other : evaluation} />
            ))}
          </Table>
          <Hidden count={diff[kind].count} shown={diff[kind].rows.length} href={`${fullHref}#${kind}`} />
        </Group>
      ))}
      <Group id="inputs" title={`Inputs (${glance.find(([id]) => id === 'inputs')![2]})`} open>
        <InputsTable evaluation={evaluation} other={other} />
      </Group>
      {errors.count > 0 && (
        <Group id="errors" title={`Errors ${counted({ count: errors.count, total: evaluation.errors })}`} open>
          <Table caption="Jobs that could not be evaluated" heads={['Job', 'Error']} hideCaption>
            {errors.rows.map(({ job, message }) => (
              <tr>
                <th scope="row" safe>
                  {job === '' ? '(top level)' : job}
                </th>
                <td class="words">
                  <code safe>{message.trimStart().split('\n')[0]!}</code>
                </td>
              </tr>
            ))}
          </Table>
          <Hidden count={errors.count} shown={errors.rows.length} href={`${fullHref}#errors`} />
          <p>
            <a href={`${evaluationPath(evaluation.id)}/errors`}>The errors in full</a>
          </p>
        </Group>
      )}
    </>
  );
};
