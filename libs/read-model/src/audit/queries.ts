import { type Queryable, rows } from '../rows.js';
import { type Change, changesOf, type Earlier } from './changes.js';
import type { Audited } from './projection.js';

/** An event of the audit. Times are Unix milliseconds. */
export type AuditEntry = Readonly<{
  position: number;
  /** of the event */
  id: string;
  stream: string;
  revision: number;
  type: Audited;
  atMs: number;
  actor: Readonly<{ kind: 'user' | 'token' | 'system' | 'webhook'; id: string }>;
  via: string;
  role: string | null;
  reason: string | null;
  correlationId: string;
  causationId: string;
  requestId: string | null;
  /** as it was called then; of builds and evaluations, as it is called now */
  project: string | null;
  jobset: string | null;
  evaluationId: number | null;
  buildId: number | null;
  machine: string | null;
  /** the account that it is about */
  userId: string | null;
  data: Readonly<Record<string, unknown>>;
  changes: readonly Change[];
}>;

/** Whose events are told: all, or all but those about other people's accounts. */
export type AuditReader = Readonly<{ all: true } | { all: false; userId: string | undefined }>;

export type AuditFilter = Readonly<{
  actorId?: string;
  type?: Audited;
  /** what one first cause led to */
  correlationId?: string;
  project?: string;
  /** a jobset by name, then or now */
  jobset?: Readonly<{ project: string; jobset: string }>;
  /** with the commands on its builds */
  evaluationId?: number;
  buildId?: number;
  /** Unix milliseconds */
  fromMs?: number;
  /** Unix milliseconds, not included */
  toMs?: number;
  /** older than this position */
  before?: number;
  limit: number;
}>;

/** The event's own names go before what is called so today. */
const COLUMNS = `
  a.position, a.id, a.stream, a.revision, a.type, a.at_ms as "atMs",
  json_build_object('kind', a.actor_kind, 'id', a.actor_id) as actor, a.via, a.role, a.reason,
  a.correlation_id as "correlationId", a.causation_id as "causationId", a.request_id as "requestId",
  coalesce(a.project, j.project) as project, coalesce(a.jobset, case when a.project is null then j.name end) as jobset,
  a.evaluation_id as "evaluationId", a.build_id as "buildId", a.machine, a.user_id as "userId", a.data`;

const JOINED = `
  left join read_model.builds b on b.id = a.build_id
  left join read_model.evaluations e on e.id = a.evaluation_id
  left join read_model.jobsets j on j.id = coalesce(a.jobset_id, e.jobset_id, b.jobset_id)`;

type Parameters = (value: unknown) => string;

/** Rows of jobsets chosen by `which`, and of their evaluations and builds: each part goes by an index of its own. */
const ofJobsets = (direct: string, which: string): string[] => [
  direct,
  `a.jobset_id in (select j.id from read_model.jobsets j where ${which})`,
  `a.project is null and a.evaluation_id is not null and exists (
     select from read_model.evaluations e join read_model.jobsets j on j.id = e.jobset_id
     where e.id = a.evaluation_id and ${which})`,
  `a.project is null and a.build_id is not null and exists (
     select from read_model.builds b join read_model.jobsets j on j.id = b.jobset_id
     where b.id = a.build_id and ${which})`,
];

/** What a filter is about, as alternatives that together give all its rows. */
const branches = ({ project, jobset, evaluationId, buildId }: AuditFilter, parameter: Parameters): string[] => {
  if (buildId !== undefined) return [`a.build_id = ${parameter(buildId)}`];
  if (evaluationId !== undefined) {
    const id = parameter(evaluationId);
    return [
      `a.evaluation_id = ${id}`,
      `a.build_id is not null and exists (
         select from read_model.evaluation_jobs m join read_model.evaluations e on e.members_of = m.evaluation_id
         where m.build_id = a.build_id and e.id = ${id})`,
    ];
  }
  if (jobset !== undefined) {
    const [p, j] = [parameter(jobset.project), parameter(jobset.jobset)];
    return ofJobsets(`a.project = ${p} and a.jobset = ${j}`, `(j.project, j.name) = (${p}, ${j}) and not j.deleted`);
  }
  if (project === undefined) return ['true'];
  const p = parameter(project);
  return ofJobsets(`a.project = ${p}`, `j.project = ${p} and not j.deleted`);
};

/** Newest first, each with what it changed. */
export const listAudit = async (db: Queryable, reader: AuditReader, filter: AuditFilter): Promise<AuditEntry[]> => {
  const values: unknown[] = [];
  const parameter: Parameters = (value) => `$${values.push(value)}`;
  const common = [
    ...(reader.all ? [] : [visibleTo(reader.userId, parameter)]),
    ...(filter.actorId === undefined ? [] : [`a.actor_id = ${parameter(filter.actorId)}`]),
    ...(filter.type === undefined ? [] : [`a.type = ${parameter(filter.type)}`]),
    ...(filter.correlationId === undefined ? [] : [`a.correlation_id = ${parameter(filter.correlationId)}`]),
    ...(filter.fromMs === undefined ? [] : [`a.at_ms >= ${parameter(filter.fromMs)}`]),
    ...(filter.toMs === undefined ? [] : [`a.at_ms < ${parameter(filter.toMs)}`]),
    ...(filter.before === undefined ? [] : [`a.position < ${parameter(filter.before)}`]),
  ];
  const limit = parameter(filter.limit);
  const parts = branches(filter, parameter).map(
    (branch) =>
      `(select a.position from read_model.audit a where ${[...common, branch].map((one) => `(${one})`).join(' and ')}
        order by a.position desc limit ${limit})`,
  );
  return withChanges(
    db,
    `select ${COLUMNS} from (select position from (${parts.join(' union ')}) all_of order by position desc limit ${limit}) chosen
     join read_model.audit a using (position) ${JOINED} order by a.position desc`,
    values,
  );
};

const visibleTo = (userId: string | undefined, parameter: Parameters): string => {
  if (userId === undefined) return 'a.user_id is null';
  const me = parameter(userId);
  return `a.user_id is null or a.user_id = ${me} or a.actor_id = ${me}`;
};

/** What one first cause led to, in the order of the log: the oldest `limit` of it. */
export const auditOfCorrelation = (
  db: Queryable,
  reader: AuditReader,
  { correlationId, limit }: { correlationId: string; limit: number },
): Promise<AuditEntry[]> => {
  const values: unknown[] = [correlationId, limit];
  const visible = reader.all ? 'true' : visibleTo(reader.userId, (value) => `$${values.push(value)}`);
  return withChanges(
    db,
    `select ${COLUMNS} from read_model.audit a ${JOINED}
     where a.correlation_id = $1 and (${visible}) order by a.position limit $2`,
    values,
  );
};

/** One event by its id. */
export const getAuditEntry = async (
  db: Queryable,
  reader: AuditReader,
  id: string,
): Promise<AuditEntry | undefined> => {
  const values: unknown[] = [id];
  const visible = reader.all ? 'true' : visibleTo(reader.userId, (value) => `$${values.push(value)}`);
  const select = `select ${COLUMNS} from read_model.audit a ${JOINED} where a.id = $1 and (${visible}) limit 1`;
  return (await withChanges(db, select, values))[0];
};

/** The events of each row's stream before it, from the newest whole configuration on. */
const EARLIER = `
  select a.position, (
    select coalesce(json_agg(json_build_object('type', p.type, 'data', p.data) order by p.revision), '[]'::json)
    from read_model.audit p
    where p.stream = a.stream and p.revision < a.revision and p.revision >= (
      select q.revision from read_model.audit q
      where q.stream = a.stream and q.revision < a.revision and q.data -> 'configuration' is not null
      order by q.revision desc limit 1)
      and (p.data -> 'configuration' is not null or p.type in ('ShareChanged', 'JobsetEnabled', 'JobsetDisabled'))
  ) as earlier
  from read_model.audit a where a.position = any($1::bigint[])`;

const CONFIGURES = new Set([
  'ProjectChanged',
  'ProjectRenamed',
  'JobsetConfigured',
  'JobsetEnabled',
  'JobsetDisabled',
  'JobsetRenamed',
  'MachineChanged',
]);

const withChanges = async (db: Queryable, select: string, values: unknown[]): Promise<AuditEntry[]> => {
  const found = await rows<Omit<AuditEntry, 'changes'>>(db, select, values);
  const asked = found.filter(({ type }) => CONFIGURES.has(type)).map(({ position }) => position);
  const told = asked.length === 0 ? [] : await rows<{ position: number; earlier: Earlier }>(db, EARLIER, [asked]);
  const earlier = new Map(told.map((one) => [one.position, one.earlier]));
  return found.map((one) => ({ ...one, changes: changesOf(one.type, one.data, earlier.get(one.position) ?? []) }));
};

/** Names of the jobsets that a project had at a moment, sorted. */
export const jobsetNamesAt = async (db: Queryable, project: string, atMs: number): Promise<string[]> =>
  (
    await rows<{ name: string }>(
      db,
      `select jobset as name from (
         select distinct on (a.jobset) a.jobset, a.type, a.data from read_model.audit a
         where a.project = $1 and a.jobset is not null and a.at_ms <= $2
           and a.type in ('JobsetCreated', 'JobsetCloned', 'JobsetRenamed', 'JobsetDeleted')
         order by a.jobset, a.position desc) newest
       where type <> 'JobsetDeleted'
         and (type <> 'JobsetRenamed' or (data -> 'to' ->> 'project' = $1 and data -> 'to' ->> 'name' = jobset))
       order by jobset`,
      [project, atMs],
    )
  ).map(({ name }) => name);

/** Builds that were restarted after a moment: what the read model says of them is not what it said then. */
export const restartedSince = async (db: Queryable, buildIds: readonly number[], atMs: number): Promise<number[]> =>
  (
    await rows<{ id: number }>(
      db,
      `select distinct a.build_id as id from read_model.audit a
       where a.build_id = any($1::int[]) and a.type = 'BuildRestarted' and a.at_ms > $2`,
      [buildIds, atMs],
    )
  ).map(({ id }) => id);
