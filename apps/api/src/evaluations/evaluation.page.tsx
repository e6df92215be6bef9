import type { EvaluationError, EvaluationView, ReleaseView, Remaining } from '#read-model';
import type { NameOf } from '../audit/audit.json.js';
import { type Menu, TabRow } from '../ui/actions-menu.js';
import { evaluationActions } from './actions.js';
import { type Capability, type Owners, roleFor } from '../http/permissions.js';
import type { PageContext } from '../http/page-context.js';
import { ReleaseFacts } from '../releases/release.facts.js';
import { plural } from '../ui/bytes.js';
import { marks, type Refused, RefusedRule } from '../ui/fields.js';
import { crumbsTo } from '../ui/crumbs.js';
import { Layout, Live } from '../ui/layout.js';
import { evaluationPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Fact, Facts } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { type Compared, Groups } from './groups.js';
import { Progress } from './progress.js';

/** The parts of an evaluation's pages, and what can be done with it. */
export const EvaluationTabs = ({
  evaluation: { id, errors },
  current,
  ...menu
}: Partial<Menu> & {
  evaluation: EvaluationView;
  current: '' | '/errors' | '/audit';
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
      {...menu}
    />
  );
};

const Summary = (props: {
  evaluation: EvaluationView;
  other: EvaluationView | undefined;
  remaining: Remaining | undefined;
  releases: readonly ReleaseView[];
  nameOf: NameOf;
  now: number;
}): JSX.Element => {
  const { evaluation, other, remaining, releases, nameOf, now } = props;
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
  return (
    <>
      <Progress evaluation={evaluation} remaining={remaining} />
      <Facts>
        <Fact term="Evaluated">
          <Time ms={evaluation.finishedAtMs ?? evaluation.startedAtMs} now={now} />
          <span safe>{` in ${duration((evaluation.checkoutMs ?? 0) + (evaluation.evaluationMs ?? 0))}`}</span>
        </Fact>
        <Fact term="Compared with">
          {other ? <a href={evaluationPath(other.id)} safe>{`evaluation #${other.id}`}</a> : 'nothing: it is the first'}
          {other !== undefined && (other.project !== evaluation.project || other.jobset !== evaluation.jobset) && (
            <span safe>{` of ${other.project}:${other.jobset}`}</span>
          )}
        </Fact>
        <Fact term="New builds">{evaluation.newBuilds}</Fact>
        <ReleaseFacts releases={releases} nameOf={nameOf} now={now} />
      </Facts>
    </>
  );
};

/** Which jobs to look at, and what to compare them with. */
const Choice = ({
  evaluation,
  compare,
  filter,
  refused,
}: {
  evaluation: EvaluationView;
  compare: string;
  filter: string;
  refused: Refused | undefined;
}) => (
  <form method="get" action={evaluationPath(evaluation.id)} class="filter" aria-label="Compare and filter">
    <label>
      Compare with{' '}
      <input
        name="compare"
        maxlength="255"
        value={compare}
        placeholder="evaluation, jobset or -seconds"
        {...marks({ name: 'compare', refused })}
      />
      <RefusedRule name="compare" refused={refused} />
    </label>
    <label>
      Job name contains <input type="text" name="filter" maxlength="255" value={filter} />
    </label>
    <button type="submit">Show</button>
  </form>
);

/** What a change broke: jobs by what became of them since the evaluation before. */
export const EvaluationPage = (
  props: Omit<Compared, 'fullHref'> &
    Readonly<{
      page: PageContext;
      /** of its builds, while there are unfinished ones */
      remaining: Remaining | undefined;
      /** newest first, those that were revoked too */
      releases: readonly ReleaseView[];
      /** what people call a user, by the opaque id */
      nameOf: NameOf;
      /** how many builds `restart-aborted` is about; 0 for who is not signed in */
      aborted: number;
      /** what it was asked to be compared with, as it was put; empty: nothing */
      compare: string;
      /** why it could not be */
      refused: Refused | undefined;
      /** opaque ids of the project's owner and members */
      owner: Owners;
    }>,
): JSX.Element => {
  const {
    page,
    evaluation,
    other,
    diff,
    errors,
    remaining,
    aborted,
    releases,
    nameOf,
    compare,
    refused,
    filter,
    owner,
  } = props;
  const allowed = (capability: Capability): boolean => roleFor(capability, page.visitor, owner) !== undefined;
  const query = new URLSearchParams({ ...(compare && { compare }), ...(filter && { filter }), full: '1' });
  const fullHref = `${evaluationPath(evaluation.id)}?${query}`;
  return (
    <Layout
      page={page}
      title={`Evaluation ${evaluation.id} of ${evaluation.project}:${evaluation.jobset}`}
      crumbs={crumbsTo(evaluation)}
      live
    >
      <h1 safe>{`Evaluation #${evaluation.id}`}</h1>
      <EvaluationTabs
        evaluation={evaluation}
        current=""
        wantsReason={page.wantsReason}
        items={evaluationActions(evaluation, aborted, allowed)}
      />
      <Live id="evaluation-summary">
        <Summary {...{ evaluation, other, remaining, releases, nameOf, now: page.now }} />
      </Live>
      <Choice evaluation={evaluation} compare={compare} filter={filter} refused={refused} />
      <Live id="evaluation-live">
        <Groups {...{ evaluation, other, diff, errors, filter, fullHref }} />
      </Live>
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
  const crumbs = [...crumbsTo(evaluation), { href: evaluationPath(evaluation.id), text: `#${evaluation.id}` }];
  return (
    <Layout page={page} title={`Errors of evaluation ${evaluation.id}`} crumbs={crumbs}>
      <h1 safe>{`Errors of evaluation #${evaluation.id}`}</h1>
      <EvaluationTabs evaluation={evaluation} current="/errors" />
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
