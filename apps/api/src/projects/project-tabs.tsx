import { type MenuItem, TabRow } from '../ui/actions-menu.js';
import { projectPath } from '../ui/links.js';

/** The parts of a project, and what the viewer may do with it. */
export const ProjectTabs = (props: {
  name: string;
  current: '' | '/all' | '/releases';
  items?: readonly MenuItem[];
}): JSX.Element => {
  const path = projectPath(props.name);
  const releases = `/releases?project=${encodeURIComponent(props.name)}`;
  return (
    <TabRow
      label="Parts of the project"
      tabs={[
        { href: path, text: 'Jobsets' },
        { href: `${path}/all`, text: 'Builds' },
        { href: releases, text: 'Releases' },
      ]}
      current={props.current === '/releases' ? releases : `${path}${props.current}`}
      items={props.items ?? []}
    />
  );
};
