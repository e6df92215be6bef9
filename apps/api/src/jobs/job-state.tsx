import type { BuildView, JobState } from '#read-model';
import { standing } from '../ui/build-table.js';
import type { ComparedInput } from '../ui/compared-inputs.js';
import { derivationName } from '../ui/derivation-name.js';
import { buildPath, evaluationPath } from '../ui/links.js';
import { Commits, Revision } from '../ui/revision.js';
import { StatusBadge, statusWord } from '../ui/status.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';

/** What changed from one evaluation to another one, by their ids. */
export type ChangedBetween = Readonly<{ from: number; to: number; inputs: readonly ComparedInput[] }>;

const Build = ({ id }: { id: number }): JSX.Element => <a href={buildPath(id)} safe>{`#${id}`}</a>;

const Ended = ({ build, now }: { build: BuildView; now: number }): JSX.Element => (
  <Time ms={build.stoppedAtMs ?? build.queuedAtMs} now={now} />
);

/** How a build ended, and of one that never began, for want of which derivation. */
const ending = ({ failedStep, ...build }: BuildView): string => {
  const wanted = build.status === 'dependency-failed' ? failedStep?.drvPath : undefined;
  return `(${statusWord(standing(build))}${wanted === undefined ? '' : `: ${derivationName(wanted)}`})`;
};

const Failing = ({ state: { since, before, newest }, now }: { state: JobState; now: number }): JSX.Element => (
  <span>
    Failing since <Ended build={since} now={now} />: build <Build id={since.id} /> was the first bad one{' '}
    <span safe>{ending(since)}</span>;{' '}
    {before ? (
      <>
        the last good one was <Build id={before.id} />, <Ended build={before} now={now} />.
      </>
    ) : (
      'there is no good one before it.'
    )}
    {/* What was not tried itself has no log of its own; its page says what broke. */}
    {newest.status !== 'dependency-failed' && newest.status !== 'unsupported' && !newest.isCachedBuild && (
      <>
        {' '}
        <a href={`${buildPath(newest.id)}/log`} safe>{`Log of build #${newest.id}`}</a>
      </>
    )}
  </span>
);

const Succeeding = ({ state: { since, before }, now }: { state: JobState; now: number }): JSX.Element => (
  <span>
    Succeeding since <Ended build={since} now={now} />, from build <Build id={since.id} /> on;{' '}
    {before ? (
      <>
        the last bad one was <Build id={before.id} /> <span safe>{ending(before)}</span>,{' '}
        <Ended build={before} now={now} />.
      </>
    ) : (
      'no build of it failed before.'
    )}
  </span>
);

/** How a job stands, and since when, in a sentence. `newest`: of its builds, whatever it says. */
export const State = (props: { state: JobState | undefined; newest: BuildView; now: number }): JSX.Element => {
  const { state, newest, now } = props;
  if (!state)
    return (
      <div class="outcome">
        <p>
          <StatusBadge status={standing(newest)} /> No build of it has come to an end of its own yet.
        </p>
      </div>
    );
  const passedOver = newest.id > state.newest.id && newest.status !== null;
  return (
    <div class={`outcome ${state.fails ? 'bad' : 'good'}`}>
      <p>
        <StatusBadge status={standing(state.newest)} />{' '}
        {state.fails ? <Failing state={state} now={now} /> : <Succeeding state={state} now={now} />}
        {passedOver && (
          <>
            {' '}
            The newest, <Build id={newest.id} />,{' '}
            <span safe>{`was ${statusWord(standing(newest))}, which says nothing about the job.`}</span>
          </>
        )}
      </p>
    </div>
  );
};

const Side = ({ text }: { text: string | undefined }): JSX.Element =>
  text === undefined ? <span class="muted">not there</span> : <Revision revision={text} />;

const Row = ({ input }: { input: ComparedInput }): JSX.Element => {
  const { name, now, before } = input;
  // The commit or build that it stood for, unless that is the same under another value.
  const side = (shown: ComparedInput['now']): string | undefined =>
    now?.revision === before?.revision ? shown?.value : (shown?.revision ?? shown?.value);
  return (
    <tr>
      <th scope="row" safe>
        {name}
      </th>
      <td>
        <Side text={side(before)} /> → <Side text={side(now)} />
      </td>
      <td>
        <Commits input={input} />
      </td>
    </tr>
  );
};

/** What changed between the last build that ended in the other way and the first that ended as now. */
export const Changed = ({ fails, change }: { fails: boolean; change: ChangedBetween }): JSX.Element => {
  const { from, to, inputs } = change;
  const caption = fails ? 'Changed from the last good to the first bad' : 'Changed from the last bad to the first good';
  return (
    <section>
      {inputs.length === 0 ? (
        <p safe>{`No input changed between evaluations #${from} and #${to}.`}</p>
      ) : (
        <Table caption={caption} heads={['Input', 'Old → new', '']}>
          {inputs.map((input) => (
            <Row input={input} />
          ))}
        </Table>
      )}
      <p>
        <a href={`${evaluationPath(to)}?compare=${from}`} safe>
          {`Compare all jobs of evaluation #${to} with those of #${from}`}
        </a>
      </p>
    </section>
  );
};
