import { Controller, Get, Inject, Req } from '@nestjs/common';
import { auditOfCorrelation, type AuditEntry, type AuditReader, getAuditEntry, listAudit } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { badInput, notFound, signInFirst } from '../http/problem.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import {
  auditCsv,
  auditDoor,
  auditEventDoor,
  auditExportDoor,
  auditJson,
  type AuditQuery,
  filterOf,
  treeJson,
  treeOf,
} from './audit.json.js';
import { AuditEventPage, AuditPage } from './audit.page.js';
import { auditReader } from './reader.js';

/** Events of one tree. */
const LARGEST_TREE = 1000;

/** Who did what, when and why: for everybody who is signed in, but for other people's accounts, which administrators see. */
@Controller()
export class AuditController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
  ) {}

  /** `before`: the `next` of the page before. */
  @Get('api/audit')
  @By(auditExportDoor)
  async list(@Input() { query }: Through<typeof auditExportDoor>, @Req() request: Incoming): Promise<Answer> {
    const { shown, next, nameOf } = await this.find(query, request);
    const events = shown.map((entry) => auditJson(entry, nameOf));
    const headers: Record<string, string> =
      next === null ? {} : { link: `<${nextPage(request.url, next)}>; rel="next"` };
    if (query.format === 'json') return { headers, json: () => ({ events, next }) };
    const disposition = { 'content-disposition': 'attachment; filename="audit.csv"' };
    return {
      headers: { ...headers, ...disposition },
      text: { type: 'text/csv; charset=utf-8', body: auditCsv(events) },
    };
  }

  /** An event, and the tree of all that its first cause led to. */
  @Get('api/audit/:id')
  @By(auditEventDoor)
  event(@Input() { params }: Through<typeof auditEventDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.show(params.id, request);
  }

  @Get('audit')
  @By(auditDoor)
  async page(@Input() { query }: Through<typeof auditDoor>, @Req() request: Incoming): Promise<Answer> {
    const { shown, next, nameOf } = await this.find(query, request);
    const older = next === null ? undefined : nextPage(request.url, next);
    return {
      json: () => ({ events: shown.map((entry) => auditJson(entry, nameOf)), next }),
      html: (page) => <AuditPage {...{ page, query, entries: shown, nameOf, older }} />,
    };
  }

  @Get('audit/:id')
  @By(auditEventDoor)
  eventPage(@Input() { params }: Through<typeof auditEventDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.show(params.id, request);
  }

  private async find(query: AuditQuery, request: Incoming) {
    const as = readerOf(request);
    const now = this.deps.clock.now();
    if (query.from !== undefined && query.from > (query.to ?? now)) throw badInput('from', 'must not lie after to');
    const actorId = query.actor === undefined ? undefined : await this.actorOf(query.actor);
    const filter = filterOf(query, actorId);
    // One more than asked for tells whether more follow.
    const found = await this.reader.ask((db) => listAudit(db, as, { ...filter, limit: query.limit + 1 }));
    const shown = found.slice(0, query.limit);
    const next = found.length > query.limit ? String(shown.at(-1)!.position) : null;
    return { shown, next, nameOf: await this.namesIn(shown) };
  }

  private async show(id: string, request: Incoming): Promise<Answer> {
    const as = readerOf(request);
    const entry = await this.reader.ask((db) => getAuditEntry(db, as, id));
    if (!entry) throw notFound('such event in the audit', 'id');
    const { correlationId } = entry;
    const all = await this.reader.ask((db) => auditOfCorrelation(db, as, { correlationId, limit: LARGEST_TREE }));
    const nameOf = await this.namesIn([entry, ...all]);
    const tree = treeOf(all);
    return {
      json: () => ({ event: auditJson(entry, nameOf), tree: tree.map((one) => treeJson(one, nameOf)) }),
      html: (page) => <AuditEventPage {...{ page, entry, tree, nameOf }} />,
    };
  }

  /** Duties of the farm go by their own names; a user who was erased, by the opaque id. */
  private async actorOf(name: string): Promise<string> {
    return (await this.deps.accounts.findUserByName(name))?.id ?? name;
  }

  private namesIn(entries: readonly AuditEntry[]): Promise<(id: string) => string> {
    return this.users.names(
      entries.flatMap(({ actor, userId, data }) => [
        ...(actor.kind === 'user' || actor.kind === 'token' ? [actor.id] : []),
        ...(userId === null ? [] : [userId]),
        ...(Array.isArray(data['members']) ? (data['members'] as string[]) : []),
      ]),
    );
  }
}

const readerOf = ({ visitor }: Incoming): AuditReader => {
  const reader = auditReader(visitor);
  if (!reader) throw signInFirst();
  return reader;
};

const nextPage = (url: string, before: string): string => {
  const [path, query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('before', before);
  return `${path}?${parameters}`;
};
