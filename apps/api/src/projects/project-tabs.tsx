import { type Menu, TabRow } from '../ui/actions-menu.js';
import { projectPath } from '../ui/links.js';

/** The parts of a project, and what the viewer may do with it. */
export const ProjectTabs = (
  props: Partial<Menu> & { name: string; current: '' | '/all' | '/releases' },
): JSX.Element => {
  const { name, current, ...menu } = props;
  const path = projectPath(name);
  const releases = `/releases?project=${encodeURIComponent(name)}`;
  return (
    <TabRow
      label="Parts of the project"
      tabs={[
        { href: path, text: 'Jobsets' },
        { href: `${path}/all`, text: 'Builds' },
        { href: releases, text: 'Releases' },
      ]}
      current={current === '/releases' ? releases : `${path}${current}`}
      {...menu}
    />
  );
};
