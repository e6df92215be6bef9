import type { Finding, RecordEvent, RecordRule } from '#domain';
import type { EvaluationView, ReleaseView } from '#read-model';
import type { NameOf } from '../audit/audit.json.js';
import { EvaluationTabs } from '../evaluations/evaluation.page.js';
import type { PageContext } from '../http/page-context.js';
import { ProjectTabs } from '../projects/project-tabs.js';
import { crumbsTo } from '../ui/crumbs.js';
import { Earlier } from '../ui/earlier.js';
import { Layout } from '../ui/layout.js';
import { evaluationPath, jobsetPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { Revoked } from './release.facts.js';

/** Everything that was ever released, newest first; `project`: of that one only. */
export const ReleasesPage = ({
  page,
  project,
  releases,
  nameOf,
}: {
  page: PageContext;
  project: string | undefined;
  releases: readonly ReleaseView[];
  nameOf: NameOf;
}): JSX.Element => (
  <Layout
    page={page}
    title={project === undefined ? 'Releases' : `Releases of ${project}`}
    crumbs={project === undefined ? [] : crumbsTo({ project })}
  >
    <h1 safe>{project === undefined ? 'Releases' : `Releases of ${project}`}</h1>
    {project !== undefined && <ProjectTabs name={project} current="/releases" />}
    {releases.length === 0 ? (
      <p>
        Nothing {project === undefined ? '' : 'of it '}is released yet. Whoever owns a project releases a finished
        evaluation from the Actions on its page.
      </p>
    ) : (
      <Table
        caption="Releases"
        hideCaption
        heads={['Name', 'Jobset', 'Evaluation', 'When', 'Who', 'Why', 'Still stands']}
      >
        {releases.map((release) => (
          <tr>
            <th scope="row" class="nowrap" safe>
              {release.name}
            </th>
            <td>
              <a href={jobsetPath(release.project, release.jobset)} safe>
                {`${release.project}:${release.jobset}`}
              </a>
            </td>
            <td>
              <a href={evaluationPath(release.evaluationId)} safe>{`#${release.evaluationId}`}</a>{' '}
              <a
                href={`${evaluationPath(release.evaluationId)}/audit`}
                aria-label={`Record of ${release.evaluationId}`}
              >
                record
              </a>
            </td>
            <td>
              <Time ms={release.releasedAtMs} now={page.now} />
            </td>
            <td safe>{nameOf(release.releasedBy.id)}</td>
            <td safe>{release.reason ?? ''}</td>
            <td>
              {release.revokedAtMs === null ? (
                <span class="status good">✓ yes</span>
              ) : (
                <Revoked release={release} nameOf={nameOf} now={page.now} />
              )}
            </td>
          </tr>
        ))}
      </Table>
    )}
  </Layout>
);

const RULES: Readonly<Record<RecordRule, string>> = {
  'whole-streams': 'Nothing was taken out of the log',
  'one-evaluation': 'The evaluation happened once',
  'configured-inputs': 'It was evaluated as configured',
  'asked-for': 'Somebody asked for it',
  'one-shot': 'One-shot',
  'all-jobs': 'Every job stands in the record',
  released: 'Release',
};

/** How an evaluation came to be, and what an outsider can check of it. */
export const RecordPage = ({
  page,
  evaluation,
  findings,
  lineage,
  nameOf,
  digest,
  words,
}: {
  page: PageContext;
  evaluation: EvaluationView;
  findings: readonly Finding[];
  lineage: readonly RecordEvent[];
  nameOf: NameOf;
  /** SHA-256 of the events */
  digest: string;
  words: (event: RecordEvent) => string;
}): JSX.Element => {
  const { id, project, jobset } = evaluation;
  const crumbs = [...crumbsTo({ project, jobset }), { href: evaluationPath(id), text: `#${id}` }];
  const people = lineage.map(({ metadata }) => metadata.actor).filter(({ kind }) => kind !== 'system');
  // The record names nobody; whoever reads it here is told.
  const named = (detail: string): string =>
    people.reduce((text, { id: person }) => text.replaceAll(person, nameOf(person)), detail);
  return (
    <Layout page={page} title={`Record of evaluation ${id}`} crumbs={crumbs}>
      <h1 safe>{`Record of evaluation #${id}`}</h1>
      <EvaluationTabs evaluation={evaluation} current="/audit" />
      <h2>How it came to be</h2>
      <ol class="lineage">
        {lineage.map((event) => {
          const { at, actor, role, reason } = event.metadata;
          return (
            <li>
              <Time ms={Date.parse(at)} now={page.now} />{' '}
              <span
                safe
              >{`${actor.kind === 'system' ? actor.id : nameOf(actor.id)}${role === undefined ? '' : `, as ${role},`} ${words(event)}`}</span>
              {reason !== undefined && <span class="muted" safe>{` “${reason}”`}</span>}{' '}
              {event.type === 'JobsetCloned' && (
                <a href={`${jobsetPath(event.data.source.project, event.data.source.name)}/history`} safe>
                  {`${event.data.source.project}:${event.data.source.name} at revision ${event.data.source.revision}`}
                </a>
              )}
            </li>
          );
        })}
      </ol>
      <h2>What the record shows</h2>
      <Table caption="Checks of the record" hideCaption heads={['Holds', 'Rule', 'Found']}>
        {findings.map(({ rule, ok, detail }) => (
          <tr>
            <td>{ok ? <span class="status good">✓ yes</span> : <span class="status bad">✗ no</span>}</td>
            <th scope="row" safe>
              {RULES[rule]}
            </th>
            <td safe>{named(detail)}</td>
          </tr>
        ))}
      </Table>
      <h2>Check it yourself</h2>
      <p>
        The record holds every event of the jobset up to the evaluation, and every event of the evaluation. The same
        checks run without this farm, and the same events have the same digest for everybody:
      </p>
      <pre
        class="command"
        tabindex="0"
        safe
      >{`npx iolaus audit verify ${page.baseUrl}${evaluationPath(id)}/audit --digest ${digest}`}</pre>
      <p>Each build’s page has a script that makes the build again from the same inputs and compares the derivation.</p>
      <Earlier path={evaluationPath(id)} />
    </Layout>
  );
};
