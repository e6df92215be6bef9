import type { BuildView } from '#read-model';
import { type Menu, TabRow } from '../ui/actions-menu.js';
import { buildPath } from '../ui/links.js';
import { madeOutputs } from './made-outputs.js';

/** A part, by the address below the build's; empty: the build's own page. */
export type BuildTab = '' | 'log' | 'why' | 'build-deps' | 'runtime-deps';

/** What the page about its place among all builds is called, by how the build stands. */
export const whyTitle = ({ status, isBuilding }: Pick<BuildView, 'status' | 'isBuilding'>): string => {
  if (status === null) return isBuilding ? 'Why is it built now?' : 'Why does it wait?';
  return 'Why was it built when it was?';
};

/** The parts of a build's pages, and what can be done with it. */
export const BuildTabs = ({
  build,
  current,
  ...menu
}: Partial<Menu> & {
  build: Pick<BuildView, 'id' | 'status' | 'isBuilding'>;
  current: BuildTab;
}): JSX.Element => {
  const path = buildPath(build.id);
  const tab = (part: BuildTab, text: string) => ({ href: part === '' ? path : `${path}/${part}`, text });
  return (
    <TabRow
      label="Parts of the build"
      tabs={[
        tab('', 'Build'),
        tab('log', 'Log'),
        tab('why', whyTitle(build)),
        tab('build-deps', 'Build dependencies'),
        ...(madeOutputs(build) ? [tab('runtime-deps', 'Runtime dependencies')] : []),
      ]}
      current={current === '' ? path : `${path}/${current}`}
      {...menu}
    />
  );
};
