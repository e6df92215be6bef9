import { z } from 'zod';
import { type AuditEntry, type AuditFilter, AUDITED } from '#read-model';
import { csv } from '../http/csv.js';
import { door } from '../http/door.js';
import { idParam, nameParam, numberParam } from '../http/text.js';
import { jobsetParam } from '../scheduler/dispatches.json.js';
import { momentParam } from '../scheduler/moment.js';

/** A field that a form sends empty counts as left out. */
const orEmpty = <T extends z.ZodType>(schema: T) =>
  z
    .union([z.literal('').transform(() => undefined), schema], {
      // The rule that counts is that of the field; of a union Zod only says that the input is invalid.
      error: (issue) => (issue.code === 'invalid_union' ? issue.errors[1]?.[0]?.message : undefined),
    })
    .optional();

const filter = {
  actor: orEmpty(nameParam),
  correlation: orEmpty(nameParam),
  action: orEmpty(z.enum(AUDITED, 'must be a type of event that the audit holds')),
  project: orEmpty(nameParam),
  jobset: orEmpty(jobsetParam),
  evaluation: orEmpty(idParam),
  build: orEmpty(idParam),
  from: momentParam,
  to: momentParam,
  before: orEmpty(
    z
      .string()
      .regex(/^\d{1,15}$/, 'must be the next of another page')
      .transform(Number),
  ),
  limit: numberParam(1, 1000).default(50),
};
export const auditDoor = door({ query: filter });
export const auditExportDoor = door({
  query: { ...filter, format: z.enum(['json', 'csv'], 'must be json or csv').default('json') },
});
export const auditEventDoor = door({
  params: { id: z.uuid('must be the id of an event').transform((id) => id.toLowerCase()) },
});

/** What of a query chooses events, without paging. */
export type AuditQuery = z.output<typeof auditDoor.query>;

export const filterOf = (query: AuditQuery, actorId: string | undefined): AuditFilter => {
  const { action, correlation, project, jobset, evaluation, build, from, to, before, limit } = query;
  return {
    limit,
    ...(actorId === undefined ? {} : { actorId }),
    ...(action === undefined ? {} : { type: action }),
    ...(correlation === undefined ? {} : { correlationId: correlation }),
    ...(project === undefined ? {} : { project }),
    ...(jobset === undefined ? {} : { jobset }),
    ...(evaluation === undefined ? {} : { evaluationId: evaluation }),
    ...(build === undefined ? {} : { buildId: build }),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { toMs: to }),
    ...(before === undefined ? {} : { before }),
  };
};

/** How somebody who acted is called. */
export type NameOf = (id: string) => string;

/** An event of the audit as JSON: times are ISO 8601, UTC; `changes` name the fields that are different since. */
export const auditJson = (entry: AuditEntry, nameOf: NameOf) => {
  const { position, id, stream, revision, type, atMs, actor, via, role, reason, data, changes } = entry;
  return {
    id,
    type,
    stream,
    revision,
    position,
    at: new Date(atMs).toISOString(),
    actor: { ...actor, name: actor.kind === 'system' ? actor.id : nameOf(actor.id) },
    role,
    via,
    reason,
    project: entry.project,
    jobset: entry.jobset,
    evaluation: entry.evaluationId,
    build: entry.buildId,
    machine: entry.machine,
    correlationId: entry.correlationId,
    causationId: entry.causationId,
    requestId: entry.requestId,
    changes,
    data,
  };
};
export type AuditJson = ReturnType<typeof auditJson>;

/** One event a line; nested facts are JSON in their cell. */
export const auditCsv = (events: readonly AuditJson[]): string =>
  csv(
    [
      'at',
      'type',
      'actor',
      'role',
      'via',
      'reason',
      'project',
      'jobset',
      'evaluation',
      'build',
      'machine',
      'changes',
      'data',
      'id',
      'stream',
      'revision',
      'position',
      'correlationId',
      'causationId',
    ],
    events.map((event) => ({ ...event, actor: event.actor.name })),
  );

export type Tree = Readonly<{ entry: AuditEntry; caused: readonly Tree[] }>;

/**
 * What came of a first cause: each event below the one that caused it. One whose cause is not among them (a command, or an
 * event that the audit does not hold) stands at the top.
 */
export const treeOf = (entries: readonly AuditEntry[]): Tree[] => {
  const known = new Set(entries.map(({ id }) => id));
  const below = new Map<string, AuditEntry[]>();
  for (const entry of entries) {
    const above = known.has(entry.causationId) && entry.causationId !== entry.id ? entry.causationId : '';
    below.set(above, [...(below.get(above) ?? []), entry]);
  }
  const of = (entry: AuditEntry): Tree => ({ entry, caused: (below.get(entry.id) ?? []).map(of) });
  return (below.get('') ?? []).map(of);
};

export const treeJson = ({ entry, caused }: Tree, nameOf: NameOf): object => ({
  ...auditJson(entry, nameOf),
  caused: caused.map((one) => treeJson(one, nameOf)),
});
