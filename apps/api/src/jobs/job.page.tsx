import type { AggregateMatrix, BuildView, JobState } from '#read-model';
import { type BuildList, FinishedBuilds } from '../build-lists/build-list.js';
import { BuildTable } from '../ui/build-table.js';
import { Live } from '../ui/layout.js';
import { buildPath, evaluationPath } from '../ui/links.js';
import { Fact, Facts } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { Constituents } from './constituents.js';
import { HistoryStrip } from './history-strip.js';
import { type JobFrame, JobFramePage } from './job-frame.js';
import { Changed, type ChangedBetween, State } from './job-state.js';

/** What is known of a job beside its newest builds. */
export type JobFacts = Readonly<{
  /** undefined while no build came to an end */
  state: JobState | undefined;
  /** unfinished builds, newest first */
  waiting: readonly BuildView[];
  /** of an aggregate */
  matrix: AggregateMatrix | undefined;
  /** between the two builds that the state tells of */
  change: ChangedBetween | undefined;
  /** whether the newest evaluation that found jobs has it */
  isCurrent: boolean;
  /** why the jobset's newest evaluation has no build of it */
  evaluationError: string | undefined;
}>;

/** Newest builds in the table. */
const ROWS = 10;

/** The newest build that succeeded, where any did. */
const goodOf = (state: JobState | undefined): BuildView | undefined => (state?.fails ? state.before : state?.newest);

const About = ({
  state,
  newest,
  now,
}: {
  state: JobState | undefined;
  newest: BuildView;
  now: number;
}): JSX.Element => {
  const good = goodOf(state);
  return (
    <Facts>
      <Fact term="Latest good build">
        {good ? (
          <>
            <a href={buildPath(good.id)} safe>{`#${good.id}`}</a>
            <span safe>{` ${good.releaseName ?? good.nixName}, `}</span>
            <Time ms={good.stoppedAtMs ?? good.queuedAtMs} now={now} />
          </>
        ) : (
          'none'
        )}
      </Fact>
      {newest.description !== '' && (
        <Fact term="Description">
          <span safe>{newest.description}</span>
        </Fact>
      )}
      {newest.maintainers.length > 0 && (
        <Fact term="Maintainers">
          <span safe>{newest.maintainers.join(', ')}</span>
        </Fact>
      )}
      <Fact term="System">
        <code safe>{newest.system}</code>
      </Fact>
    </Facts>
  );
};

/** Why is my job red, and since when? */
export const JobPage = (props: JobFrame & { facts: JobFacts; builds: readonly BuildView[] }): JSX.Element => {
  const { page, job, facts, builds } = props;
  const { state, waiting, matrix, change, isCurrent, evaluationError } = facts;
  const { now } = page;
  const newest = builds[0]!;
  return (
    <JobFramePage {...props} current="" live neverGood={goodOf(state) === undefined}>
      <Live id="job-live">
        <State state={state} newest={newest} now={now} />
        {evaluationError !== undefined && job.of.lastEvaluationId !== null && (
          <section class="outcome bad">
            <p>
              <span class="status bad">✗ not evaluated</span> The newest evaluation,{' '}
              <a href={`${evaluationPath(job.of.lastEvaluationId)}/errors`} safe>{`#${job.of.lastEvaluationId}`}</a>,
              has no build of it:
            </p>
            <pre class="log short" tabindex="0" role="region" aria-label="Error of the evaluation" safe>
              {evaluationError}
            </pre>
          </section>
        )}
        {!isCurrent && evaluationError === undefined && (
          <section class="outcome warn">
            <p>
              <span class="status warn">● not there any more</span> The newest evaluation
              {job.of.baselineEvaluationId !== null && (
                <>
                  , <a href={evaluationPath(job.of.baselineEvaluationId)} safe>{`#${job.of.baselineEvaluationId}`}</a>,
                </>
              )}{' '}
              has no such job.
            </p>
          </section>
        )}
        {state !== undefined && change !== undefined && <Changed fails={state.fails} change={change} />}
        <HistoryStrip builds={builds} since={state?.since.id} now={now} />
        <About state={state} newest={newest} now={now} />
        {waiting.length > 0 && (
          <BuildTable caption="Waiting or running" builds={waiting} now={now} withJobset={false} withJob={false} />
        )}
        {matrix !== undefined && <Constituents of={job} matrix={matrix} />}
        <BuildTable
          caption="Newest builds"
          builds={builds.slice(0, ROWS)}
          now={now}
          withJobset={false}
          withJob={false}
        />
      </Live>
    </JobFramePage>
  );
};

/** All its finished builds, page by page. */
export const JobBuildsPage = (props: JobFrame & { path: string; list: BuildList }): JSX.Element => (
  <JobFramePage {...props} current="/all" title="Builds">
    <FinishedBuilds path={props.path} list={props.list} now={props.page.now} withJob={false} />
  </JobFramePage>
);
