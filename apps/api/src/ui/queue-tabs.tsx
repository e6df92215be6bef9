import { TabRow } from './actions-menu.js';

const TABS = [
  { href: '/queue', text: 'Waiting and running' },
  { href: '/status', text: 'Steps running now' },
  { href: '/steps', text: 'Newest steps' },
  { href: '/all', text: 'Finished builds' },
  { href: '/scheduler', text: 'Shares and use' },
] as const;

/** What the farm does, did and will do: the same on each of these pages. */
export const QueueTabs = ({ current }: { current: (typeof TABS)[number]['href'] }): JSX.Element => (
  <TabRow label="Parts of the queue" tabs={TABS} current={current} />
);
