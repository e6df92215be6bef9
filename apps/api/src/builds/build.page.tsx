import type { BuildView, EvaluationView, StepView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { type Owners, roleFor } from '../http/permissions.js';
import { formatBytes, plural } from '../ui/bytes.js';
import { crumbsTo } from '../ui/crumbs.js';
import { BuildTable } from '../ui/build-table.js';
import { Earlier } from '../ui/earlier.js';
import { Layout, Live } from '../ui/layout.js';
import { buildPath, evaluationPath, jobPath, webLink } from '../ui/links.js';
import { Fact, Facts, Table } from '../ui/table.js';
import { duration, Elapsed, Time } from '../ui/time.js';
import { BuildTabs } from './build-tabs.js';
import { buildActions } from './actions.js';
import { Backups, type BuildCopy, FetchFromFarm, type FarmCache } from './backups.js';
import { Reproduce } from '../reproduce/reproduce.js';
import { Metrics, Outputs, Products } from './results.js';
import { Outcome, type Trouble } from './outcome.js';
import type { Run } from './runs.js';
import { Runs } from './runs.table.js';
import { Steps } from './steps.js';
import { spansOf } from './waterfall.js';
import { Waterfall } from './waterfall.plot.js';

/** `sinceMs`: begin of what it does now, running or waiting. */
const Summary = ({ build, sinceMs, now }: { build: BuildView; sinceMs: number; now: number }): JSX.Element => {
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
      {build.startedAtMs !== null && build.status !== 'cancelled' && (
        <Fact term="Started">
          <Time ms={build.startedAtMs} now={now} />
        </Fact>
      )}
      {build.status === null && (
        <Fact term={build.isBuilding ? 'Running for' : 'Waiting for'}>
          <Elapsed sinceMs={sinceMs} now={now} />
        </Fact>
      )}
      {build.stoppedAtMs !== null && (
        <Fact term={build.status === 'cancelled' ? 'Cancelled' : 'Finished'}>
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
  /** the farm as a binary cache, where it is one and has what the build made */
  cache: FarmCache | undefined;
  /** constituents, of an aggregate */
  parts: readonly BuildView[];
  /** aggregates that it is a constituent of */
  wholes: readonly BuildView[];
  evaluation: EvaluationView | undefined;
  /** builds that failed because this one did, newest first */
  dependants: readonly BuildView[];
  /** what broke first, where something did */
  trouble: Trouble | undefined;
  /** why waiting alone will not help it, where that is known */
  stuck: string | undefined;
  /** every time that it was queued; empty where that was once and nobody cancelled it */
  runs: readonly Run[];
  /** what people call a user, by the opaque id */
  nameOf: (id: string) => string;
  /** opaque ids of the project's owner and members */
  owner: Owners;
}>;

/** Why a build is as it is: outcome first, then what was done for it and what came of it. */
export const BuildPage = (props: BuildPageProps): JSX.Element => {
  const {
    page,
    build,
    steps,
    backups,
    cache,
    parts,
    wholes,
    dependants,
    evaluation,
    trouble,
    stuck,
    runs,
    nameOf,
    owner,
  } = props;
  const sinceMs = runs.at(-1)?.queuedAtMs ?? build.queuedAtMs;
  const ended = build.status === 'cancelled' ? runs.at(-1)?.cancelled : undefined;
  const cancelled = ended ? { by: nameOf(ended.actorId), reason: ended.reason } : undefined;
  const spans = spansOf(steps, sinceMs, page.now);
  // Between two steps it waits from the end of the one before.
  const stateSinceMs = build.isBuilding
    ? (spans[0]?.startedAtMs ?? sinceMs)
    : Math.max(sinceMs, ...spans.map(({ endedAtMs }) => endedAtMs));
  return (
    <Layout
      page={page}
      title={`Build ${build.id} of ${build.project}:${build.jobset}:${build.job}`}
      crumbs={crumbsTo(build)}
      live
    >
      <h1 safe>{`Build #${build.id}: ${build.job}`}</h1>
      <BuildTabs
        build={build}
        current=""
        wantsReason={page.wantsReason}
        items={buildActions(build, evaluation, (capability) => roleFor(capability, page.visitor, owner) !== undefined)}
      />
      <Live id="build-live">
        <Outcome build={build} trouble={trouble} cancelled={cancelled} stuck={stuck} />
        <Summary build={build} sinceMs={stateSinceMs} now={page.now} />
        <Waterfall spans={spans} sinceMs={sinceMs} />
        <Steps build={build} steps={steps} spans={spans} runs={runs} now={page.now} />
        <Runs runs={runs} nameOf={nameOf} isBuilding={build.isBuilding} now={page.now} />
        <Outputs build={build} />
        <Products id={build.id} products={build.products} />
        <Metrics metrics={build.metrics} />
        {parts.length > 0 && (
          <div id="constituents">
            <BuildTable caption={`Constituents (${parts.length})`} builds={parts} now={page.now} withJobset={false} />
          </div>
        )}
        {dependants.length > 0 && (
          <BuildTable caption="Needed it, and failed with it" builds={dependants} now={page.now} />
        )}
        {wholes.length > 0 && (
          <BuildTable caption="Part of these aggregates" builds={wholes} now={page.now} withJobset={false} />
        )}
        <Backups build={build} copies={backups} now={page.now} />
        {cache !== undefined && <FetchFromFarm outputs={Object.values(build.outputs)} cache={cache} />}
      </Live>
      <Inputs evaluation={evaluation} />
      <Reproduce {...{ page, build, evaluation }} />
      <Earlier path={buildPath(build.id)} />
    </Layout>
  );
};
