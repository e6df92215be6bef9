import type { BuildStatus } from '#domain';
import type { BuildView, EvaluationView, StepView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { type Owners, roleFor } from '../http/permissions.js';
import { formatBytes, plural } from '../ui/bytes.js';
import { buildCrumbs } from '../ui/build-crumbs.js';
import { BuildTable, standing } from '../ui/build-table.js';
import { Layout, Live } from '../ui/layout.js';
import { buildPath, evaluationPath, jobPath, webLink } from '../ui/links.js';
import { StatusBadge, statusWord } from '../ui/status.js';
import { Fact, Facts, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { BuildTabs } from './build-tabs.js';
import { buildActions } from './actions.js';
import { Backups, type BuildCopy } from './backups.js';
import { Reproduce } from '../reproduce/reproduce.js';
import { Metrics, Outputs, Products } from './results.js';
import { Steps } from './steps.js';

const TONES: Readonly<Record<string, string>> = {
  succeeded: 'good',
  failed: 'bad',
  'failed-with-output': 'bad',
  'not-deterministic': 'bad',
  'nar-size-limit-exceeded': 'bad',
  'dependency-failed': 'bad',
  running: 'live',
  queued: '',
};

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

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** What became of the build, in one sentence. */
const sentence = ({
  status,
  isBuilding,
  isCachedBuild,
  startedAtMs,
  stoppedAtMs,
  failedStep,
  error,
}: BuildView): string => {
  if (status === null) return isBuilding ? 'It is being built.' : 'It waits for its turn.';
  if (status === 'succeeded' && isCachedBuild) return 'Nothing had to be built: its output was there already.';
  const took = startedAtMs !== null && stoppedAtMs !== null ? ` after ${duration(stoppedAtMs - startedAtMs)}` : '';
  const why = error === null ? '' : `: ${error}`;
  if (status === 'dependency-failed' && failedStep)
    return `It could not be built because ${baseName(failedStep.drvPath)}, which it needs, ended as: ${statusWord(failedStep.status)}.`;
  if (isCachedBuild) return `It was not tried again: its derivation is known to fail${why}.`;
  return `${ENDINGS[status]}${took}${why}.`;
};

const Outcome = ({ build, lastLines }: { build: BuildView; lastLines: string | undefined }): JSX.Element => (
  <>
    <div class={`outcome ${TONES[standing(build)] ?? 'warn'}`}>
      <p>
        <StatusBadge status={standing(build)} /> <span safe>{sentence(build)}</span>
        {build.failedStep?.propagatedFrom !== undefined && (
          <a
            href={buildPath(build.failedStep.propagatedFrom)}
            safe
          >{` It failed in build #${build.failedStep.propagatedFrom}.`}</a>
        )}
      </p>
    </div>
    {lastLines !== undefined && lastLines !== '' && (
      <>
        <h2>Last lines of the log</h2>
        <pre class="log short tail" tabindex="0" role="region" aria-label="Last lines of the log" safe>
          {lastLines}
        </pre>
      </>
    )}
  </>
);

const Summary = ({ build, now }: { build: BuildView; now: number }): JSX.Element => {
  const homepage = webLink(build.homepage);
  return (
    <Facts>
      <Fact term="Job">
        <a
          href={jobPath(build.project, build.jobset, build.job)}
          safe
        >{`${build.project}:${build.jobset}:${build.job}`}</a>
      </Fact>
      <Fact term="Name">
        <span safe>{build.nixName}</span>
      </Fact>
      {build.description !== '' && (
        <Fact term="Description">
          <span safe>{build.description}</span>
        </Fact>
      )}
      <Fact term="System">
        <code safe>{build.system}</code>
      </Fact>
      <Fact term="Queued">
        <Time ms={build.queuedAtMs} now={now} />
      </Fact>
      {build.startedAtMs !== null && (
        <Fact term="Started">
          <Time ms={build.startedAtMs} now={now} />
        </Fact>
      )}
      {build.stoppedAtMs !== null && (
        <Fact term="Finished">
          <Time ms={build.stoppedAtMs} now={now} />
        </Fact>
      )}
      {build.size !== null && build.size > 0 && (
        <Fact term="Output size">
          <span safe>{`${formatBytes(build.size)}, closure ${formatBytes(build.closureSize ?? 0)}`}</span>
        </Fact>
      )}
      {build.releaseName !== null && (
        <Fact term="Release name">
          <span safe>{build.releaseName}</span>
        </Fact>
      )}
      {build.license !== '' && (
        <Fact term="License">
          <span safe>{build.license}</span>
        </Fact>
      )}
      {homepage !== undefined && (
        <Fact term="Homepage">
          <a href={homepage} rel="noreferrer nofollow" safe>
            {homepage}
          </a>
        </Fact>
      )}
      {build.maintainers.length > 0 && (
        <Fact term="Maintainers">
          <span safe>{build.maintainers.join(', ')}</span>
        </Fact>
      )}
      <Fact term="Limits">
        <span safe>{`${duration(build.timeout * 1000)}, silent ${duration(build.maxSilent * 1000)}`}</span>
      </Fact>
      <Fact term="Priority">
        <span safe>{`${build.priority}${build.globalPriority > 0 ? ', bumped to the front' : ''}`}</span>
      </Fact>
      <Fact term="Evaluations">
        {build.evaluations.slice(-10).map((id) => (
          <>
            <a href={evaluationPath(id)} safe>{`#${id}`}</a>{' '}
          </>
        ))}
        {build.evaluations.length > 10 && (
          <span safe>{`and ${plural(build.evaluations.length - 10, 'older one')}`}</span>
        )}
      </Fact>
      <Fact term="Derivation">
        <code safe>{build.drvPath}</code>
      </Fact>
    </Facts>
  );
};

const Inputs = ({ evaluation }: { evaluation: EvaluationView | undefined }): JSX.Element => {
  if (!evaluation || evaluation.inputs.length === 0) return '';
  return (
    <Table caption="Inputs of its evaluation" heads={['Name', 'Type', 'Value', 'Revision']}>
      {evaluation.inputs.map(({ name, type, value, uri, revision }) => (
        <tr>
          <th scope="row" safe>
            {name}
          </th>
          <td>{type}</td>
          <td>
            <code safe>{uri ?? value}</code>
          </td>
          <td>
            <code safe>{revision ?? ''}</code>
          </td>
        </tr>
      ))}
    </Table>
  );
};

export type BuildPageProps = Readonly<{
  page: PageContext;
  build: BuildView;
  steps: readonly StepView[];
  backups: readonly BuildCopy[];
  /** constituents, of an aggregate */
  parts: readonly BuildView[];
  /** aggregates that it is a constituent of */
  wholes: readonly BuildView[];
  evaluation: EvaluationView | undefined;
  /** of the log, where it failed */
  lastLines: string | undefined;
  /** opaque ids of the project's owner and members */
  owner: Owners;
}>;

/** Why a build is as it is: outcome first, then what was done for it and what came of it. */
export const BuildPage = (props: BuildPageProps): JSX.Element => {
  const { page, build, steps, backups, parts, wholes, evaluation, lastLines, owner } = props;
  return (
    <Layout
      page={page}
      title={`Build ${build.id} of ${build.project}:${build.jobset}:${build.job}`}
      crumbs={buildCrumbs(build)}
      live
    >
      <h1 safe>{`Build #${build.id}: ${build.job}`}</h1>
      <BuildTabs
        build={build}
        current=""
        items={buildActions(build, evaluation, (capability) => roleFor(capability, page.visitor, owner) !== undefined)}
      />
      <Live id="build-live">
        <Outcome build={build} lastLines={lastLines} />
        <Summary build={build} now={page.now} />
        <Steps build={build} steps={steps} now={page.now} />
        <Outputs outputs={build.outputs} finished={build.status !== null} />
        <Products id={build.id} products={build.products} />
        <Metrics metrics={build.metrics} />
        {parts.length > 0 && (
          <div id="constituents">
            <BuildTable caption={`Constituents (${parts.length})`} builds={parts} now={page.now} withJobset={false} />
          </div>
        )}
        {wholes.length > 0 && (
          <BuildTable caption="Part of these aggregates" builds={wholes} now={page.now} withJobset={false} />
        )}
        <Backups build={build} copies={backups} now={page.now} />
      </Live>
      <Inputs evaluation={evaluation} />
      <Reproduce {...{ page, build, evaluation }} />
    </Layout>
  );
};
