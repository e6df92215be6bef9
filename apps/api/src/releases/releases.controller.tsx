import { Controller, Get, Inject } from '@nestjs/common';
import {
  checkEvaluationRecord,
  type EvaluationEvent,
  evaluationStream,
  type JobsetEvent,
  lineageOf,
  type RecordEvent,
} from '#domain';
import {
  type EvaluationView,
  findProjectRename,
  getEvaluation,
  getProject,
  listAudit,
  listReleases,
} from '#read-model';
import { jsonDigest } from '#runtime';
import { auditWords } from '../audit/words.js';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { notFound, Problem } from '../http/problem.js';
import { idParam, nameParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { Gate } from '../store/gate.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { releaseJson, releasers } from './release.json.js';
import { RecordPage, ReleasesPage } from './releases.page.js';

const releasesDoor = door({ query: { project: nameParam.optional() } });
const recordDoor = door({ params: { id: idParam } });

/** Newest releases that are listed. */
const SHOWN = 1000;
/** Events of a jobset's stream in one record: a jobset that is polled for years has more. */
const LONGEST = 20_000;

/** Releases, and the record of an evaluation by which an outsider can check it: public, like what it is about. */
@Controller()
export class ReleasesController {
  /** A record may have tens of thousands of events. */
  private readonly gate = new Gate(2, 16);

  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
  ) {}

  @Get('releases')
  @By(releasesDoor)
  async list(@Input() { query: { project } }: Through<typeof releasesDoor>): Promise<Answer> {
    if (project !== undefined && !(await this.reader.ask((db) => getProject(db, project)))) {
      const now = await this.reader.ask((db) => findProjectRename(db, project));
      if (now !== undefined) return { status: 301, redirect: `/releases?project=${encodeURIComponent(now)}` };
    }
    const releases = await this.reader.ask((db) => listReleases(db, { limit: SHOWN, ...(project ? { project } : {}) }));
    const nameOf = await this.users.names(releasers(releases));
    return {
      json: () => releases.map((release) => releaseJson(release, nameOf)),
      html: (page) => <ReleasesPage {...{ page, project, releases, nameOf }} />,
    };
  }

  /** Everything that the log says about how an evaluation came to be: `npx iolaus audit verify` takes it. */
  @Get('eval/:id/audit')
  @By(recordDoor)
  async record(@Input() { params: { id } }: Through<typeof recordDoor>): Promise<Answer> {
    const evaluation = await this.reader.ask((db) => getEvaluation(db, id));
    if (!evaluation) throw notFound('such evaluation', 'id');
    const events = await this.gate.pass(() => this.eventsOf(evaluation));
    const findings = checkEvaluationRecord(id, events);
    const nameOf = await this.users.names(
      events.filter(({ metadata }) => metadata.actor.kind !== 'system').map(({ metadata }) => metadata.actor.id),
    );
    const lineage = lineageOf(id, events);
    const digest = jsonDigest(events);
    const { project, jobset, releaseName } = evaluation;
    const actors = Object.fromEntries(
      events.map(({ metadata: { actor } }) => [actor.id, actor.kind === 'system' ? actor.id : nameOf(actor.id)]),
    );
    return {
      json: () => ({
        format: 'iolaus-evaluation-record/1',
        farm: this.deps.config.web.baseUrl,
        evaluation: id,
        project,
        jobset,
        release: releaseName,
        digest,
        findings,
        actors,
        lineage: lineage.map(({ id: event, type, metadata: { at, actor, role, reason } }) => ({
          event,
          type,
          at,
          actor: actors[actor.id],
          role: role ?? null,
          reason: reason ?? null,
        })),
        events,
      }),
      html: (page) => (
        <RecordPage {...{ page, evaluation, findings, lineage, nameOf, digest, words: wordsOf(nameOf) }} />
      ),
    };
  }

  private async eventsOf({ id, status }: EvaluationView): Promise<RecordEvent[]> {
    if (status !== 'ran') throw new Problem(409, 'the evaluation is not finished: there is no record of it yet');
    const filter = { type: 'EvaluationRan', evaluationId: id, limit: 1 } as const;
    const [ran] = await this.reader.ask((db) => listAudit(db, { all: true }, filter));
    if (!ran) throw notFound('record of this evaluation', 'id');
    // The event after it is the one by which a one-shot is disabled.
    const end = ran.revision + 1;
    const from = Math.max(0, end - LONGEST);
    const events: RecordEvent[] = [];
    const read = async (stream: string, options: { from?: number; maxCount?: number }) => {
      for await (const { id: event, stream: of, revision, type, data, metadata } of this.deps.store.readStream(
        stream,
        options,
      ))
        events.push({
          ...({ type, data } as JobsetEvent | EvaluationEvent),
          id: event,
          stream: of,
          revision,
          metadata,
        });
    };
    await read(ran.stream, { from, maxCount: end - from + 1 });
    if (events.at(-1)?.revision === end && events.at(-1)?.type !== 'JobsetDisabled') events.pop();
    await read(evaluationStream(id), {});
    return events;
  }
}

/** What an event of a record says, as the audit puts it. */
const wordsOf =
  (nameOf: (id: string) => string) =>
  ({ type, data }: RecordEvent): string =>
    auditWords({ type, data, userId: null } as unknown as Parameters<typeof auditWords>[0], nameOf);
