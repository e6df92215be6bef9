import type { DiffGroup, DiffRow, EvaluationDiff, EvaluationError, EvaluationView } from '#read-model';
import { type MenuItem, TabRow } from '../ui/actions-menu.js';
import { evaluationActions } from './actions.js';
import { type Capability, type Owners, roleFor } from '../http/permissions.js';
import type { PageContext } from '../http/page-context.js';
import { standing } from '../ui/build-table.js';
import { plural } from '../ui/bytes.js';
import { shortRevision } from '../ui/evaluation-table.js';
import { Layout, Live } from '../ui/layout.js';
import { buildPath, evaluationPath, jobPath, jobsetPath, projectPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Fact, Facts, ProgressBar, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';

/** In the order in which people want to know; the first are open. */
const GROUPS: readonly (readonly [DiffGroup, string, boolean])[] = [
  ['nowFail', 'Newly failing', true],
  ['unfinished', 'Waiting or running', true],
  ['nowSucceed', 'Newly succeeding', true],
  ['new', 'New', true],
  ['removed', 'Removed', false],
  ['stillFail', 'Still failing', false],
  ['stillSucceed', 'Still succeeding', false],
  ['aborted', 'Aborted, cancelled or timed out', true],
];

const Row = ({ row, evaluation }: { row: DiffRow; evaluation: EvaluationView }): JSX.Element => (
  <tr>
    <td>
      {row.buildId === null ? <span class="muted">not any more</span> : <StatusBadge status={standing(row)} />}
      {row.otherStatus !== null && row.otherStatus !== row.status && (
        <span class="muted">
          {' '}
          was <StatusBadge status={row.otherStatus} />
        </span>
      )}
    </td>
    <th scope="row">
      <a href={jobPath(evaluation.project, evaluation.jobset, row.job)} safe>
        {row.job}
      </a>
    </th>
    <td>
      {row.buildId === null ? '' : <a href={buildPath(row.buildId)} safe>{`#${row.buildId}`}</a>}
      {row.buildId === null && row.otherBuildId !== null && (
        <a href={buildPath(row.otherBuildId)} safe>{`was #${row.otherBuildId}`}</a>
      )}
    </td>
    <td safe>{row.nixName ?? ''}</td>
    <td safe>{row.system ?? ''}</td>
  </tr>
);

const Group = (props: {
  evaluation: EvaluationView;
  kind: DiffGroup;
  title: string;
  open: boolean;
  group: EvaluationDiff[DiffGroup];
}): JSX.Element => {
  const { evaluation, kind, title, open, group } = props;
  if (group.count === 0) return '';
  return (
    <details class="group" id={kind} open={open}>
      <summary safe>{`${title} (${group.count})`}</summary>
      <Table caption={title} heads={['Status', 'Job', 'Build', 'Name', 'System']} hideCaption>
        {group.rows.map((row) => (
          <Row row={row} evaluation={evaluation} />
        ))}
      </Table>
      {group.count > group.rows.length && (
        <p>
          <a href={`${evaluationPath(evaluation.id)}?full=1`} safe>{`Show all ${group.count}`}</a>
        </p>
      )}
    </details>
  );
};

const Inputs = ({ evaluation }: { evaluation: EvaluationView }): JSX.Element => {
  if (evaluation.inputs.length === 0) return '';
  return (
    <>
      <h2>Inputs</h2>
      <Table caption="What was evaluated" heads={['Name', 'Type', 'Value', 'Revision']} hideCaption>
        {evaluation.inputs.map(({ name, type, value, uri, revision, storePath }) => (
          <tr>
            <th scope="row" safe>
              {name}
            </th>
            <td>{type}</td>
            <td>
              <code safe>{uri ?? value}</code>
            </td>
            <td>
              <code title={storePath ?? ''} safe>
                {revision === undefined ? '' : shortRevision(revision)}
              </code>
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
};

const crumbsOf = ({ project, jobset }: EvaluationView) => [
  { href: '/', text: 'Overview' },
  { href: projectPath(project), text: project },
  { href: jobsetPath(project, jobset), text: jobset },
];

const Tabs = ({
  evaluation: { id, errors },
  current,
  items,
}: {
  evaluation: EvaluationView;
  current: '' | '/errors';
  items?: readonly MenuItem[];
}): JSX.Element => {
  const path = evaluationPath(id);
  return (
    <TabRow
      label="Parts of the evaluation"
      tabs={[
        { href: path, text: 'Jobs' },
        { href: `${path}/errors`, text: errors > 0 ? `✗ Errors (${errors})` : 'Errors', bad: errors > 0 },
        { href: `${path}/audit`, text: 'Audit' },
      ]}
      current={`${path}${current}`}
      {...(items ? { items } : {})}
    />
  );
};

const Summary = (props: {
  evaluation: EvaluationView;
  other: EvaluationView | undefined;
  now: number;
}): JSX.Element => {
  const { evaluation, other, now } = props;
  if (evaluation.status === 'running')
    return (
      <div class="outcome live">
        <p>
          <StatusBadge status="evaluating" />{' '}
          <span
            safe
          >{`${plural(evaluation.jobsFound, 'job')} found so far, ${plural(evaluation.errorsFound, 'error')}.`}</span>
        </p>
      </div>
    );
  const { jobs, succeeded, failed, queued } = evaluation;
  return (
    <Facts>
      <Fact term="Jobs">
        <span safe>{`${jobs} `}</span>
        <ProgressBar succeeded={succeeded} failed={failed} total={jobs} />
      </Fact>
      <Fact term="State">{queued > 0 ? <StatusBadge status="running" /> : 'all jobs are finished'}</Fact>
      <Fact term="Evaluated">
        <Time ms={evaluation.finishedAtMs ?? evaluation.startedAtMs} now={now} />
        <span safe>{` in ${duration((evaluation.checkoutMs ?? 0) + (evaluation.evaluationMs ?? 0))}`}</span>
      </Fact>
      <Fact term="Compared with">
        {other ? <a href={evaluationPath(other.id)} safe>{`evaluation #${other.id}`}</a> : 'nothing: it is the first'}
      </Fact>
      {evaluation.flake !== null && (
        <Fact term="Flake">
          <code safe>{evaluation.flake}</code>
        </Fact>
      )}
      {evaluation.releaseName !== null && (
        <Fact term="Released as">
          <span safe>{evaluation.releaseName}</span>
        </Fact>
      )}
    </Facts>
  );
};

/** What a change broke: jobs by what became of them since the evaluation before. */
export const EvaluationPage = (props: {
  page: PageContext;
  evaluation: EvaluationView;
  other: EvaluationView | undefined;
  diff: EvaluationDiff;
  /** opaque ids of the project's owner and members */
  owner: Owners;
}): JSX.Element => {
  const { page, evaluation, other, diff, owner } = props;
  const allowed = (capability: Capability): boolean => roleFor(capability, page.visitor, owner) !== undefined;
  return (
    <Layout
      page={page}
      title={`Evaluation ${evaluation.id} of ${evaluation.project}:${evaluation.jobset}`}
      crumbs={crumbsOf(evaluation)}
      live
    >
      <h1 safe>{`Evaluation #${evaluation.id}`}</h1>
      <Tabs evaluation={evaluation} current="" items={evaluationActions(evaluation, diff.aborted.count, allowed)} />
      <form method="get" action={evaluationPath(evaluation.id)} class="filter" aria-label="Compare">
        <label>
          Compare with <input name="compare" required maxlength="255" placeholder="evaluation, jobset or -seconds" />
        </label>
        <button type="submit">Compare</button>
      </form>
      <Live id="evaluation-live">
        <Summary evaluation={evaluation} other={other} now={page.now} />
        {GROUPS.map(([kind, title, open]) => (
          <Group evaluation={evaluation} kind={kind} title={title} open={open} group={diff[kind]} />
        ))}
      </Live>
      <Inputs evaluation={evaluation} />
    </Layout>
  );
};

/** Jobs that could not be evaluated. */
export const EvaluationErrorsPage = (props: {
  page: PageContext;
  evaluation: EvaluationView;
  errors: readonly EvaluationError[];
}): JSX.Element => {
  const { page, evaluation, errors } = props;
  return (
    <Layout page={page} title={`Errors of evaluation ${evaluation.id}`} crumbs={crumbsOf(evaluation)}>
      <h1 safe>{`Errors of evaluation #${evaluation.id}`}</h1>
      <Tabs evaluation={evaluation} current="/errors" />
      {errors.length === 0 && <p>Every job could be evaluated.</p>}
      {errors.map(({ job, message }) => (
        <>
          <h2 safe>{job === '' ? '(top level)' : job}</h2>
          <pre class="log short" tabindex="0" safe>
            {message}
          </pre>
        </>
      ))}
      {evaluation.errors > errors.length && <p safe>{`… and ${evaluation.errors - errors.length} more.`}</p>}
    </Layout>
  );
};
