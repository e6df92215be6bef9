import type { AuditEntry, Change, JobsetView } from '#read-model';
import { AuditTable, Changes } from '../audit/audit.page.js';
import type { NameOf } from '../audit/audit.json.js';
import { Earlier } from '../ui/earlier.js';
import { jobsetPath } from '../ui/links.js';
import { Fact, Facts, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { type JobsetFrame, JobsetFramePage } from './jobset-frame.js';

type Frame = Omit<JobsetFrame, 'current' | 'title'>;

const MODE_WORDS = {
  disabled: 'disabled',
  enabled: 'enabled',
  'one-shot': 'one-shot: disabled by its next evaluation',
  'one-at-a-time': 'one at a time: polled once its newest evaluation is built',
};

const Source = ({ jobset: { source } }: { jobset: JobsetView }): JSX.Element =>
  source.type === 'flake' ? (
    <Fact term="Flake">
      <code safe>{source.url}</code>
    </Fact>
  ) : source.type === 'declarative' ? (
    <Fact term="Specification">
      <code safe>{source.file}</code> in the input below
    </Fact>
  ) : (
    <Fact term="Expression">
      <code safe>{source.path}</code> in input <code safe>{source.input}</code>
    </Fact>
  );

/** How a jobset is configured; of a clone, in what it differs from its source as that was then. */
export const ConfigurationPage = (props: Frame & { differences: readonly Change[] | undefined }): JSX.Element => {
  const { page, jobset, differences } = props;
  return (
    <JobsetFramePage {...props} current="/configuration" title="Configuration">
      <Facts>
        <Fact term="Mode">
          <span safe>{MODE_WORDS[jobset.mode]}</span>
        </Fact>
        <Source jobset={jobset} />
        <Fact term="Checked">
          <span safe>
            {jobset.checkInterval === 0 ? 'only when asked for' : `every ${duration(jobset.checkInterval * 1000)}`}
          </span>
          {', last '}
          {jobset.lastCheckedAtMs === null ? 'never' : <Time ms={jobset.lastCheckedAtMs} now={page.now} />}
        </Fact>
        <Fact term="Scheduling shares">{jobset.shares}</Fact>
        <Fact term="Lists">{jobset.hidden ? 'hidden' : 'visible'}</Fact>
        <Fact term="Evaluations kept">{jobset.keepEvaluations}</Fact>
        <Fact term="E-mail">{jobset.enableEmail ? 'on' : 'off'}</Fact>
        {jobset.emailOverride !== '' && (
          <Fact term="E-mail goes to">
            <span safe>{jobset.emailOverride}</span>
          </Fact>
        )}
        <Fact term="Revision">{jobset.revision}</Fact>
      </Facts>
      {Object.keys(jobset.inputs).length > 0 && (
        <Table caption="Inputs" heads={['Name', 'Type', 'Value']}>
          {Object.entries(jobset.inputs).map(([name, { type, value }]) => (
            <tr>
              <th scope="row" safe>
                {name}
              </th>
              <td>{type}</td>
              <td>
                <code safe>{value}</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {differences !== undefined && (
        <section id="differences">
          <h2>How it differs from what it was cloned from</h2>
          {differences.length === 0 ? (
            <p>In nothing.</p>
          ) : (
            <Changes changes={differences} caption="Source and clone" heads={['Field', 'Source', 'Here']} />
          )}
        </section>
      )}
    </JobsetFramePage>
  );
};

/** Who changed what about a jobset. */
export const HistoryPage = (props: Frame & { entries: readonly AuditEntry[]; nameOf: NameOf }): JSX.Element => {
  const { page, jobset, entries, nameOf } = props;
  const here = `${jobset.project}:${jobset.name}`;
  return (
    <JobsetFramePage {...props} current="/history" title="History">
      <AuditTable page={page} entries={entries} nameOf={nameOf} caption="Newest changes and evaluations" here={here} />
      {page.visitor.user !== undefined && (
        <p>
          All of it is in the <a href={`/audit?jobset=${encodeURIComponent(here)}`}>audit</a>.
        </p>
      )}
      <Earlier path={jobsetPath(jobset.project, jobset.name)} />
    </JobsetFramePage>
  );
};
