import { bounded, ms, type Projection, type Recorded } from '../projection.js';
import { subjectOf } from './subject.js';

const COLUMNS = `
  position bigint, id uuid, stream text, revision int, type text, at_ms bigint, actor_kind text, actor_id text, via text,
  role text, reason text, correlation_id text, causation_id text, request_id text, project text, jobset text,
  jobset_id int, evaluation_id int, build_id int, machine text, user_id text, data json`;

const NAMES = COLUMNS.replaceAll(/ (bigint|uuid|text|int|json)\b/g, '').trim();

const insert = (condition: string): string => `
insert into audit (${NAMES}) select ${NAMES} from json_to_recordset($1) as x(${COLUMNS})
where ${condition} on conflict (position) do nothing`;

const RECORDED = insert('true');

/** Only what follows from something recorded: a farm polls thousands of jobsets, and a poll is nobody's act. */
const FOLLOWED = insert('exists (select from audit a where a.correlation_id = x.correlation_id)');

/** What people and tokens do, in full; and what becomes of it, but for the mass of builds and steps, which have their own pages. */
const ALWAYS = [
  'ProjectCreated',
  'ProjectChanged',
  'ProjectRenamed',
  'ProjectMembersChanged',
  'ProjectDeleted',
  'JobsetCreated',
  'JobsetCloned',
  'JobsetConfigured',
  'ShareChanged',
  'JobsetEnabled',
  'JobsetDisabled',
  'JobsetRenamed',
  'JobsetDeleted',
  'EvaluationTriggered',
  'EvaluationRan',
  'SpecificationApplied',
  'EvaluationReleased',
  'ReleaseRevoked',
  'BuildBumped',
  'BuildCancelled',
  'BuildRestarted',
  'BuildKept',
  'BuildUnkept',
  'CachedFailureCleared',
  'MachineAdded',
  'MachineChanged',
  'MachineRemoved',
  'MachineDisabled',
  'MachineEnabled',
  'GarbageCondemned',
  'GarbageCollected',
  'UserCreated',
  'RolesChanged',
  'TokenCreated',
  'TokenRevoked',
  'PasswordChanged',
  'NewsPosted',
  'NewsDeleted',
  'UserDeleted',
  'FetchCacheCleared',
  'RejectionsSuppressed',
  'CommandRejected',
  'BackupRequested',
] as const satisfies readonly Recorded['type'][];

const WHERE_FOLLOWED = [
  'EvaluationStarted',
  'EvaluationSkipped',
  'EvaluationFailed',
] as const satisfies readonly Recorded['type'][];

/** The types of event that the audit can hold. */
export const AUDITED = [...ALWAYS, ...WHERE_FOLLOWED] as const;
export type Audited = (typeof AUDITED)[number];

const audited = new Set<string>(AUDITED);
const followed = new Set<string>(WHERE_FOLLOWED);

const idIn = (data: object, key: string): number | null => {
  const value = (data as Record<string, unknown>)[key];
  return typeof value === 'number' ? value : null;
};

const rowOf = ({ id, stream, revision, position, type, data, metadata }: Recorded): object => {
  // A refusal stands in the stream of who was refused; it is about what he wanted to change.
  const about = subjectOf(type === 'CommandRejected' ? data.stream : stream);
  return {
    position: String(position),
    id,
    stream,
    revision,
    type,
    at_ms: ms(metadata.at),
    actor_kind: metadata.actor.kind,
    actor_id: bounded(metadata.actor.id),
    via: metadata.via,
    role: metadata.role,
    reason: metadata.reason,
    correlation_id: bounded(metadata.correlationId),
    causation_id: metadata.causationId,
    request_id: metadata.requestId,
    project: about.project && bounded(about.project),
    jobset: about.jobset && bounded(about.jobset),
    jobset_id: idIn(data, 'jobsetId'),
    evaluation_id: idIn(data, 'evaluationId') ?? about.evaluationId,
    build_id: idIn(data, 'buildId') ?? about.buildId,
    machine: about.machine,
    user_id: subjectOf(stream).userId,
    data,
  };
};

/** Who did what, by what role, when and why; rows are never changed. */
export const audit: Projection = {
  name: 'audit',
  version: 2,
  types: AUDITED,
  tables: ['audit'],
  ddl: `
create table audit (
  position bigint primary key,
  id uuid not null,
  stream text not null,
  revision int not null,
  type text not null,
  at_ms bigint not null,
  actor_kind text not null,
  actor_id text not null,
  via text not null,
  role text,
  reason text,
  correlation_id text not null,
  causation_id text not null,
  request_id text,
  -- what it is about, as far as the event says
  project text,
  jobset text,
  jobset_id int,
  evaluation_id int,
  build_id int,
  machine text,
  -- the account that it is about
  user_id text,
  data json not null
);
create index audit_id on audit (id);
create index audit_stream on audit (stream, revision);
create index audit_at on audit (at_ms);
create index audit_type on audit (type, position);
create index audit_actor on audit (actor_id, position);
create index audit_correlation on audit (correlation_id);
create index audit_project on audit (project, jobset, position);
create index audit_jobset on audit (jobset_id, position) where jobset_id is not null;
create index audit_evaluation on audit (evaluation_id, position) where evaluation_id is not null;
create index audit_build on audit (build_id, position) where build_id is not null;
`,
  on: (event) => {
    const { type, metadata } = event;
    if (!audited.has(type)) return [];
    // A copy is asked for by the thousand, by a duty; by a person it is an act.
    if (type === 'BackupRequested' && metadata.actor.kind === 'system') return [];
    const keys = [metadata.correlationId];
    return [{ text: followed.has(type) ? FOLLOWED : RECORDED, rows: [rowOf(event)], keys, shared: keys }];
  },
};
