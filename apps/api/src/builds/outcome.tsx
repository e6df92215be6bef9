import type { BuildStatus } from '#domain';
import type { BuildView } from '#read-model';
import type { Logged } from '../logs/log-finder.js';
import type { LogLine } from '../logs/scan-log.js';
import { stepPath } from '../steps/step.json.js';
import { standing } from '../ui/build-table.js';
import { derivationName } from '../ui/derivation-name.js';
import { buildPath } from '../ui/links.js';
import { type Shown, StatusBadge, statusWord, toneOf } from '../ui/status.js';
import { duration } from '../ui/time.js';

/** What went wrong first, where something did: the step, the end of its log (undefined: it is gone) and the first error in it. */
export type Trouble = Readonly<{ step: Logged; lastLines: string | undefined; firstError: LogLine | null }>;

/** Where the whole outcome of a build looks other than its sign in a table, where what broke first should stand out. */
const TONES: Partial<Readonly<Record<Shown, string>>> = { 'dependency-failed': 'bad', queued: '' };

const ENDINGS: Readonly<Record<BuildStatus, string>> = {
  succeeded: 'It was built',
  failed: 'Its builder failed',
  'dependency-failed': 'Something that it needs could not be built',
  aborted: 'It was aborted by trouble of ours',
  cancelled: 'It was cancelled',
  'failed-with-output': 'It was built, but its output says that it failed',
  'timed-out': 'It took too long, or was silent for too long, and was ended',
  unsupported: 'No machine can build it',
  'log-limit-exceeded': 'It wrote too long a log and was ended',
  'nar-size-limit-exceeded': 'Its output is too large',
  'not-deterministic': 'It gives another output each time',
};

/** What people did to a build that was cancelled: who, as people call them, and why where they said so. */
export type Cancelled = Readonly<{ by: string; reason: string | null }>;

/** What became of the build, in one sentence. */
const sentence = (
  { status, isBuilding, isCachedBuild, startedAtMs, stoppedAtMs, failedStep, error }: BuildView,
  cancelled: Cancelled | undefined,
  stuck: string | undefined,
): string => {
  if (status === null && isBuilding) return 'It is being built.';
  if (status === null) return stuck === undefined ? 'It waits for its turn.' : `It waits in vain: ${stuck}.`;
  if (status === 'succeeded' && isCachedBuild) return 'Nothing had to be built: its output was there already.';
  // Whoever cancels does so at one moment: begin and end of the build are the same, as Hydra has it, and no length.
  if (status === 'cancelled')
    return `It was cancelled${cancelled ? ` by ${cancelled.by}${cancelled.reason ? `: ${cancelled.reason}` : ''}` : ''}.`;
  const took = startedAtMs !== null && stoppedAtMs !== null ? ` after ${duration(stoppedAtMs - startedAtMs)}` : '';
  const why = error === null ? '' : `: ${error}`;
  if (status === 'dependency-failed' && failedStep)
    return `It could not be built because ${derivationName(failedStep.drvPath)}, which it needs, ended as: ${statusWord(failedStep.status)}.`;
  if (isCachedBuild) return `It was not tried again: its derivation is known to fail${why}.`;
  const built = took.replace('after', 'in');
  if (status === 'succeeded') return `It was built${built}.`;
  if (status === 'failed-with-output') return `It was built${built}, but its output says that it failed${why}.`;
  return `${ENDINGS[status]}${took}${why}.`;
};

const BrokeFirst = ({
  build,
  trouble: { step, lastLines, firstError },
}: {
  build: BuildView;
  trouble: Trouble;
}): JSX.Element => {
  const own = step.drvPath === build.drvPath;
  const log = `${stepPath(step)}/log`;
  const name = derivationName(step.drvPath);
  const where = `step ${step.nr}${step.buildId === build.id ? '' : ` of build #${step.buildId}`}`;
  const region = own ? 'Last lines of the log' : `Last lines of the log of ${name}`;
  return (
    <>
      <h2 safe>{own ? 'Last lines of the log' : `${name} broke first`}</h2>
      <p class="actions">
        {!own && (
          <span>
            <StatusBadge status={step.status ?? 'running'} />{' '}
            <a href={stepPath(step)} safe>
              {where}
            </a>
          </span>
        )}
        <a href={log}>Whole log</a>
        {firstError !== null && (
          <a
            class="status bad"
            href={`${log}?line=${firstError.nr}#L${firstError.nr}`}
            safe
          >{`✗ First error: line ${firstError.nr}`}</a>
        )}
      </p>
      {lastLines === undefined || lastLines === '' ? (
        <p class="muted">{lastLines === '' ? 'Nothing was written to it.' : 'It is not here any more.'}</p>
      ) : (
        <pre class="log short tail" tabindex="0" role="region" aria-label={region} safe>
          {lastLines}
        </pre>
      )}
    </>
  );
};

/** What became of a build, and what broke first. */
export const Outcome = ({
  build,
  trouble,
  cancelled,
  stuck,
}: {
  build: BuildView;
  trouble: Trouble | undefined;
  /** of a cancelled build, where the log says who did so */
  cancelled: Cancelled | undefined;
  /** why waiting alone will not help it */
  stuck: string | undefined;
}): JSX.Element => (
  <>
    <div class={`outcome ${stuck === undefined ? (TONES[standing(build)] ?? toneOf(standing(build))) : 'warn'}`}>
      <p>
        <StatusBadge status={standing(build)} /> <span safe>{sentence(build, cancelled, stuck)}</span>
        {stuck !== undefined && <a href={`${buildPath(build.id)}/why`}>What it would take</a>}
        {build.failedStep?.propagatedFrom !== undefined && (
          <>
            {' '}
            <a href={buildPath(build.failedStep.propagatedFrom)} safe>
              {`It failed in build #${build.failedStep.propagatedFrom}.`}
            </a>
          </>
        )}
      </p>
    </div>
    {trouble === undefined ? '' : <BrokeFirst build={build} trouble={trouble} />}
  </>
);
