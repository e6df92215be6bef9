import type { DispatchView, FarmUsage, JobsetUsage, UsageSeries } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { Layout, Live } from '../ui/layout.js';
import { buildPath, jobsetPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { duration, Time, windowWords } from '../ui/time.js';
import { plural } from '../ui/bytes.js';
import { ruleOf } from './decided.js';
import type { JobsetNames } from './dispatches.json.js';
import { utc } from './moment.js';
import { percent } from '../ui/percent.js';
import { QueueTabs } from '../ui/queue-tabs.js';
import { DayPlots } from './plot.js';
import { partOf } from './usage.json.js';

/** Rows of the table; JSON has all. */
const SHOWN = 200;

const RULES = { only: 'nothing else could start', bump: 'bumped', share: 'furthest below its share' };

const Row = ({ one, usedMs }: { one: JobsetUsage; usedMs: number }): JSX.Element => (
  <tr>
    <td class="number">{one.rank ?? '–'}</td>
    <th scope="row">
      <a href={jobsetPath(one.project, one.jobset)} safe>{`${one.project}:${one.jobset}`}</a>
      {!one.enabled && <span class="muted"> disabled</span>}
    </th>
    <td class="number">{one.shares}</td>
    <td class="number" safe>
      {percent(one.entitlement)}
    </td>
    <td class="number" safe>
      {percent(partOf(one.usedMs, usedMs))}
    </td>
    <td class="number" safe>
      {duration(one.usedMs)}
    </td>
    <td class="number">{one.running}</td>
  </tr>
);

const Shares = ({ usage }: { usage: FarmUsage }): JSX.Element =>
  usage.jobsets.length === 0 ? (
    <p>There is no jobset yet.</p>
  ) : (
    <>
      <Table
        caption={`${plural(usage.jobsets.length, 'jobset')}, furthest below its share first`}
        heads={['Rank', 'Jobset', 'Shares', 'Entitled to', 'Part of the use', 'Used', 'Steps running']}
      >
        {usage.jobsets.slice(0, SHOWN).map((one) => (
          <Row one={one} usedMs={usage.usedMs} />
        ))}
      </Table>
      {usage.jobsets.length > SHOWN && <p safe>{`… and ${usage.jobsets.length - SHOWN} more.`}</p>}
    </>
  );

const Newest = (props: { dispatches: readonly DispatchView[]; names: JobsetNames; now: number }): JSX.Element => {
  const { dispatches, names, now } = props;
  if (dispatches.length === 0) return '';
  return (
    <Table caption="Newest dispatches" heads={['When', 'Build', 'Turn of', 'Decided by', 'Where', '']}>
      {dispatches.map(({ buildId, startedAtMs, machine, dispatch }) => {
        const name = names.get(dispatch.jobsetId);
        return (
          <tr>
            <td>
              <Time ms={startedAtMs} now={now} />
            </td>
            <th scope="row">
              <a href={buildPath(buildId)} safe>{`#${buildId}`}</a>
            </th>
            <td>
              {name !== undefined && (
                <a href={jobsetPath(name.project, name.jobset)} safe>{`${name.project}:${name.jobset}`}</a>
              )}
            </td>
            <td safe>{RULES[ruleOf(dispatch)]}</td>
            <td safe>{machine}</td>
            <td>
              <a href={`${buildPath(buildId)}/why`} aria-label={`Why a step of build ${buildId} was chosen`}>
                why
              </a>
            </td>
          </tr>
        );
      })}
    </Table>
  );
};

/** Who gets how much of the farm: shares, what they entitle to, and what was used, now or at a past moment. */
export const SchedulerPage = (props: {
  page: PageContext;
  usage: FarmUsage;
  series: UsageSeries;
  dispatches: readonly DispatchView[];
  names: JobsetNames;
  /** it shows the present */
  live: boolean;
}): JSX.Element => {
  const { page, usage, series, dispatches, names, live } = props;
  const { rules, usedMs, atMs } = usage;
  return (
    <Layout page={page} title="Shares and use" crumbs={[{ href: '/queue', text: 'Queue' }]} live={live}>
      <h1 safe>{live ? 'Shares and use' : `Shares and use at ${utc(atMs)}`}</h1>
      <QueueTabs current="/scheduler" />
      <form method="get" action="/scheduler" class="actions">
        <label for="at">At (UTC)</label>
        <input
          type="datetime-local"
          id="at"
          name="at"
          class="narrow"
          value={live ? '' : new Date(atMs).toISOString().slice(0, 16)}
        />
        <button type="submit">Show</button>
      </form>
      {!live && (
        <p>
          <a href="/scheduler">As it is now</a>
        </p>
      )}
      <Live id="scheduler-live">
        <p
          safe
        >{`In the ${windowWords(rules.windowMs)} before, ${duration(usedMs)} of machine time were used. The policy is ${rules.policy}: the jobset with the least use per share goes first${rules.policy === 'clamped' ? ', with bounded credit for idleness' : ''}.`}</p>
        <Shares usage={usage} />
        <Newest dispatches={dispatches} names={names} now={page.now} />
      </Live>
      <h2>The day before</h2>
      <DayPlots series={series} />
    </Layout>
  );
};
