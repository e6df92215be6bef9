import { type AuditEntry, AUDITED, type Change } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { Layout } from '../ui/layout.js';
import { buildPath, evaluationPath, jobsetPath, machinePath, projectPath } from '../ui/links.js';
import { Fact, Facts, Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import type { AuditQuery, NameOf, Tree } from './audit.json.js';
import { auditWords, valueWords } from './words.js';

/** What came to nothing, or may yet, has no page of its own, as in Hydra. */
const WITHOUT_PAGE: readonly AuditEntry['type'][] = ['EvaluationStarted', 'EvaluationFailed', 'EvaluationSkipped'];

const Named = ({ href, text, there = true }: { href: string; text: string; there?: boolean }): JSX.Element =>
  there ? (
    <a href={href} safe>
      {text}
    </a>
  ) : (
    <span safe>{text}</span>
  );

/**
 * What an event is about, the most particular first; a link where that has a page. `here`: the jobset whose page it stands on, which
 * need not be said.
 */
export const Subject = ({ entry, here }: { entry: AuditEntry; here?: string | undefined }): JSX.Element => {
  const { project, jobset, evaluationId, buildId, machine, type, data } = entry;
  // Nothing is called by a name that was refused as a name.
  const there = type !== 'CommandRejected' || data['rejection'] !== 'invalid-name';
  return (
    <>
      {buildId !== null && <Named href={buildPath(buildId)} text={`build ${buildId}`} />}{' '}
      {evaluationId !== null && (
        <Named
          href={evaluationPath(evaluationId)}
          text={`evaluation ${evaluationId}`}
          there={!WITHOUT_PAGE.includes(type)}
        />
      )}{' '}
      {project !== null && jobset !== null && `${project}:${jobset}` !== here && (
        <Named href={jobsetPath(project, jobset)} text={`${project}:${jobset}`} there={there} />
      )}{' '}
      {project !== null && jobset === null && <Named href={projectPath(project)} text={project} there={there} />}{' '}
      {machine !== null && <Named href={machinePath(machine)} text={machine} />}
    </>
  );
};

const who = ({ actor, role }: AuditEntry, nameOf: NameOf): string =>
  `${actor.kind === 'system' ? actor.id : nameOf(actor.id)}${actor.kind === 'token' ? ' (token)' : ''}${role === null ? '' : `, as ${role}`}`;

/** Which fields are different since, and how. */
export const Changes = ({
  changes,
  caption = 'What it changed',
  heads = ['Field', 'Before', 'After'],
}: {
  changes: readonly Change[];
  caption?: string;
  heads?: readonly string[];
}): JSX.Element => (
  <Table caption={caption} hideCaption heads={heads}>
    {changes.map(({ field, before, after }) => (
      <tr>
        <th scope="row">
          <code safe>{field}</code>
        </th>
        <td>
          <code safe>{valueWords(before)}</code>
        </td>
        <td>
          <code safe>{valueWords(after)}</code>
        </td>
      </tr>
    ))}
  </Table>
);

/** Events, newest first, each with a link to its tree where the visitor may see that. */
export const AuditTable = ({
  page,
  entries,
  nameOf,
  caption,
  here,
}: {
  page: PageContext;
  entries: readonly AuditEntry[];
  nameOf: NameOf;
  caption: string;
  /** the jobset, as PROJECT:JOBSET, that they all are about */
  here?: string;
}): JSX.Element => (
  <Table caption={caption} hideCaption heads={['When', 'Who', 'What', 'About', 'Why']}>
    {entries.map((entry) => (
      <tr>
        <td>
          <Time ms={entry.atMs} now={page.now} />
        </td>
        <td safe>{who(entry, nameOf)}</td>
        <td>
          {page.visitor.user === undefined ? (
            <span safe>{auditWords(entry, nameOf)}</span>
          ) : (
            <a href={`/audit/${entry.id}`} safe>
              {auditWords(entry, nameOf)}
            </a>
          )}
          {entry.changes.length > 0 && (
            <div class="muted" safe>
              {entry.changes.map(({ field }) => field).join(', ')}
            </div>
          )}
        </td>
        <td>
          <Subject entry={entry} here={here} />
        </td>
        <td safe>{entry.reason ?? ''}</td>
      </tr>
    ))}
  </Table>
);

const field = (ms: number | undefined): string => (ms === undefined ? '' : new Date(ms).toISOString().slice(0, 16));

const Filter = ({ query }: { query: AuditQuery }): JSX.Element => (
  <form method="get" action="/audit" class="filter" aria-label="Filter">
    <label>
      Who <input name="actor" value={query.actor ?? ''} placeholder="user name or duty" />
    </label>
    <label>
      What{' '}
      <select name="action">
        <option value="">everything</option>
        {[...AUDITED].sort().map((type) => (
          <option value={type} selected={type === query.action}>
            {type}
          </option>
        ))}
      </select>
    </label>
    <label>
      Project <input name="project" value={query.project ?? ''} />
    </label>
    <label>
      Jobset{' '}
      <input
        name="jobset"
        value={query.jobset ? `${query.jobset.project}:${query.jobset.jobset}` : ''}
        placeholder="project:jobset"
      />
    </label>
    <label>
      Evaluation <input name="evaluation" inputmode="numeric" value={String(query.evaluation ?? '')} />
    </label>
    <label>
      Build <input name="build" inputmode="numeric" value={String(query.build ?? '')} />
    </label>
    <label>
      Correlation <input name="correlation" value={query.correlation ?? ''} placeholder="as the logs have it" />
    </label>
    <label>
      From (UTC) <input type="datetime-local" name="from" value={field(query.from)} />
    </label>
    <label>
      To (UTC) <input type="datetime-local" name="to" value={field(query.to)} />
    </label>
    <button type="submit">Show</button>
  </form>
);

/** The audit of the farm. */
export const AuditPage = ({
  page,
  query,
  entries,
  nameOf,
  older,
}: {
  page: PageContext;
  query: AuditQuery;
  entries: readonly AuditEntry[];
  nameOf: NameOf;
  /** address of the next page, where there is one */
  older: string | undefined;
}): JSX.Element => {
  const parameters = page.path.split('?')[1] ?? '';
  const table = new URLSearchParams(parameters);
  table.delete('before');
  table.set('format', 'csv');
  table.set('limit', '1000');
  return (
    <Layout page={page} title="Audit" crumbs={[]}>
      <h1>Audit</h1>
      <p>
        Every command and what became of it, newest first, from a log that is only ever appended to. Single builds and
        steps have their own pages.
      </p>
      <Filter query={query} />
      {entries.length === 0 ? (
        <p>There is no such event.</p>
      ) : (
        <AuditTable page={page} entries={entries} nameOf={nameOf} caption="Events" />
      )}
      {older !== undefined && (
        <p>
          <a href={older} rel="next">
            Older →
          </a>
        </p>
      )}
      <p>
        The same <a href={`/api/audit?${parameters}`}>as JSON</a> or{' '}
        <a href={`/api/audit?${table.toString()}`}>as CSV</a>.
      </p>
    </Layout>
  );
};

const Branch = ({
  page,
  tree,
  nameOf,
  here,
}: {
  page: PageContext;
  tree: readonly Tree[];
  nameOf: NameOf;
  here: string;
}): JSX.Element => (
  <ul class="tree">
    {tree.map(({ entry, caused }) => (
      <li>
        <Time ms={entry.atMs} now={page.now} /> <span safe>{who(entry, nameOf)}</span>:{' '}
        <a href={`/audit/${entry.id}`} aria-current={entry.id === here ? 'true' : undefined} safe>
          {auditWords(entry, nameOf)}
        </a>{' '}
        <Subject entry={entry} />
        {caused.length > 0 && <Branch page={page} tree={caused} nameOf={nameOf} here={here} />}
      </li>
    ))}
  </ul>
);

/** One event: all that is known about it, and everything that its first cause led to. */
export const AuditEventPage = ({
  page,
  entry,
  tree,
  nameOf,
}: {
  page: PageContext;
  entry: AuditEntry;
  tree: readonly Tree[];
  nameOf: NameOf;
}): JSX.Element => (
  <Layout page={page} title={entry.type} crumbs={[{ href: '/audit', text: 'Audit' }]}>
    <h1>{entry.type}</h1>
    <p>
      <span safe>{`${who(entry, nameOf)}: ${auditWords(entry, nameOf)}`}</span> <Subject entry={entry} />
    </p>
    <Facts>
      <Fact term="When">
        <Time ms={entry.atMs} now={page.now} />
      </Fact>
      <Fact term="Why">
        <span safe>{entry.reason ?? 'no reason was given'}</span>
      </Fact>
      <Fact term="Via">
        <span safe>{entry.via}</span>
      </Fact>
      <Fact term="Stream">
        <code safe>{`${entry.stream} @ ${entry.revision}`}</code>
      </Fact>
      <Fact term="Event">
        <code safe>{entry.id}</code>
      </Fact>
      <Fact term="Request">
        <code safe>{entry.requestId ?? 'none'}</code>
      </Fact>
    </Facts>
    {entry.changes.length > 0 && (
      <>
        <h2>What it changed</h2>
        <Changes changes={entry.changes} />
      </>
    )}
    <h2>What it belongs to</h2>
    <Branch page={page} tree={tree} nameOf={nameOf} here={entry.id} />
    <details>
      <summary>The event as it stands in the log</summary>
      <pre class="log short" tabindex="0" safe>
        {JSON.stringify(entry.data, undefined, 2)}
      </pre>
    </details>
  </Layout>
);
