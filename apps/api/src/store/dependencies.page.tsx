import type { BuildView } from '#read-model';
import type { DerivationNode, PathInfo } from '#nix';
import { BuildTabs } from '../builds/build-tabs.js';
import type { PageContext } from '../http/page-context.js';
import { crumbsToBuild } from '../ui/crumbs.js';
import { formatBytes, plural } from '../ui/bytes.js';
import { derivationName } from '../ui/derivation-name.js';
import { Layout } from '../ui/layout.js';
import { buildPath } from '../ui/links.js';
import { type Shown, StatusBadge } from '../ui/status.js';
import type { Known } from './known.js';
import type { Tree } from './tree.js';

/** `label`: a node in a line. */
const Trees = <T,>({ trees, label }: { trees: readonly Tree<T>[]; label: (node: T) => JSX.Element }): JSX.Element => (
  <ul class="tree">
    {trees.map(({ node, below, elsewhere }) => (
      <li>
        {label(node)}
        {elsewhere && <span class="muted"> (shown elsewhere)</span>}
        {below.length > 0 && <Trees trees={below} label={label} />}
      </li>
    ))}
  </ul>
);

const InBuild = ({ build, self }: { build: number | null; self: number }): JSX.Element =>
  build === null || build === self ? (
    ''
  ) : (
    <>
      {' '}
      <a href={buildPath(build)} safe>{`build #${build}`}</a>
    </>
  );

const Frame = ({
  page,
  build,
  tab,
  title,
  children,
}: {
  page: PageContext;
  build: BuildView;
  tab: 'build-deps' | 'runtime-deps';
  title: string;
  children: JSX.Element;
}): JSX.Element => (
  <Layout page={page} title={`${title} of build ${build.id}`} crumbs={crumbsToBuild(build)}>
    <h1 safe>{`${title} of build #${build.id}`}</h1>
    <BuildTabs build={build} current={tab} />
    {children}
  </Layout>
);

/** What a build is made from, as a tree of derivations; each leads to its build or its last attempt, where the farm made it. */
export const BuildDependenciesPage = (props: {
  page: PageContext;
  build: BuildView;
  trees: readonly Tree<DerivationNode>[];
  known: (node: DerivationNode) => Known;
  /** derivations that are not in the store (any more) */
  missing: readonly string[];
  /** there are more than are shown */
  truncated: boolean;
}): JSX.Element => {
  const { page, build, trees, known, missing, truncated } = props;
  const label = (node: DerivationNode): JSX.Element => {
    const { build: id, step } = known(node);
    return (
      <>
        <span title={node.drvPath} safe>
          {derivationName(node.drvPath)}
        </span>
        <InBuild build={id} self={build.id} />
        {step !== null && (
          <>
            {' '}
            <StatusBadge status={step.status as Shown} />{' '}
            <a href={`${buildPath(step.build)}/step/${step.stepnr}`} safe>{`step ${step.stepnr}`}</a>
          </>
        )}
        {node.sources.length > 0 && (
          <span class="muted" title={node.sources.join('\n')} safe>
            {` from ${node.sources.map(derivationName).slice(0, 5).join(', ')}${node.sources.length > 5 ? ', …' : ''}`}
          </span>
        )}
      </>
    );
  };
  return (
    <Frame page={page} build={build} tab="build-deps" title="Build dependencies">
      <>
        {truncated && (
          <p class="status warn">Those nearest to the build are shown; ask for JSON to get more of them.</p>
        )}
        <Trees trees={trees} label={label} />
        {missing.length > 0 && (
          <p class="muted" safe>
            {`Not in the store of this host any more: ${missing.slice(0, 10).map(derivationName).join(', ')}${missing.length > 10 ? ` and ${missing.length - 10} more` : ''}.`}
          </p>
        )}
      </>
    </Frame>
  );
};

/** What a build's outputs refer to, as a tree of paths with their sizes. */
export const RuntimeDependenciesPage = (props: {
  page: PageContext;
  build: BuildView;
  trees: readonly Tree<PathInfo>[];
  buildOf: (path: string) => number | null;
  /** of the closure */
  paths: number;
  /** of the closure, bytes */
  total: number;
  /** there are more than are shown */
  truncated: boolean;
}): JSX.Element => {
  const { page, build, trees, buildOf, paths, total, truncated } = props;
  return (
    <Frame page={page} build={build} tab="runtime-deps" title="Runtime dependencies">
      <>
        <p safe>{`${plural(paths, 'path')}, ${formatBytes(total)} in all.`}</p>
        {truncated && (
          <p class="status warn">Those nearest to the outputs are shown; ask for JSON to get more of them.</p>
        )}
        <Trees
          trees={trees}
          label={({ path, narSize }) => (
            <>
              <span title={path} safe>
                {derivationName(path)}
              </span>
              <InBuild build={buildOf(path)} self={build.id} />
              <span class="muted" safe>{` ${formatBytes(narSize)}`}</span>
            </>
          )}
        />
      </>
    </Frame>
  );
};
