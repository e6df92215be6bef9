import type { AuditEntry } from '#read-model';
import type { NameOf } from './audit.json.js';

type Say = (entry: AuditEntry, nameOf: NameOf) => string;
const told = (entry: AuditEntry, key: string): string => String(entry.data[key]);
const counted = (entry: AuditEntry, key: string, one: string): string =>
  `${told(entry, key)} ${one}${entry.data[key] === 1 ? '' : 's'}`;
const jobsetOf = (entry: AuditEntry, key: 'from' | 'to' | 'source'): string => {
  const { project, name } = entry.data[key] as { project: string; name: string };
  return `${project}:${name}`;
};
const user = (entry: AuditEntry, nameOf: NameOf): string => nameOf(entry.userId ?? '');

/** What an event says, for people; about what it is stands beside it. */
const WORDS: Readonly<Record<AuditEntry['type'], Say>> = {
  ProjectCreated: () => 'created the project',
  ProjectChanged: () => 'changed the project',
  ProjectRenamed: (entry) => `renamed the project from ${told(entry, 'from')} to ${told(entry, 'to')}`,
  ProjectMembersChanged: ({ data }, nameOf) => {
    const members = data['members'] as string[];
    return members.length === 0 ? 'took out all members' : `made the members ${members.map(nameOf).join(', ')}`;
  },
  ProjectDeleted: () => 'deleted the project',
  JobsetCreated: () => 'created the jobset',
  JobsetCloned: (entry) => `created the jobset as a clone of ${jobsetOf(entry, 'source')}`,
  JobsetConfigured: () => 'configured the jobset',
  ShareChanged: (entry) => `changed the scheduling shares from ${told(entry, 'before')} to ${told(entry, 'shares')}`,
  JobsetEnabled: (entry) =>
    told(entry, 'mode') === 'one-shot'
      ? 'armed the jobset for one evaluation'
      : `enabled the jobset (${told(entry, 'mode')})`,
  JobsetDisabled: ({ data }) =>
    data['cause'] === 'one-shot-evaluated' ? 'disabled the jobset: its one evaluation is made' : 'disabled the jobset',
  JobsetRenamed: (entry) => `renamed the jobset from ${jobsetOf(entry, 'from')} to ${jobsetOf(entry, 'to')}`,
  JobsetDeleted: () => 'deleted the jobset',
  EvaluationTriggered: ({ data }) =>
    `asked for an evaluation${data['force'] === true ? ', even if no input changed' : ''}`,
  EvaluationStarted: () => 'began the evaluation',
  EvaluationRan: (entry) =>
    `evaluated: ${counted(entry, 'jobs', 'job')}, ${counted(entry, 'newBuilds', 'new build')}, ${counted(entry, 'errors', 'error')}`,
  EvaluationSkipped: () => 'evaluated nothing: no input changed',
  SpecificationApplied: ({ data }) => {
    const [jobsets, problems] = [data['jobsets'], data['problems']] as [string[], string[]];
    const all = `${jobsets.length} jobset${jobsets.length === 1 ? '' : 's'}`;
    return `applied the specification: ${all}${problems.length === 0 ? '' : `; not all of it: ${problems.join('; ')}`}`;
  },
  EvaluationFailed: (entry) => `could not evaluate (${told(entry, 'kind')})`,
  EvaluationReleased: (entry) => `released the evaluation as ${told(entry, 'name')}`,
  ReleaseRevoked: (entry) => `revoked the release ${told(entry, 'name')}`,
  BuildBumped: () => 'bumped the build to the front',
  BuildCancelled: () => 'cancelled the build',
  BuildRestarted: () => 'restarted the build',
  BuildKept: () => 'kept the build’s outputs',
  BuildUnkept: () => 'keeps the build’s outputs no longer',
  CachedFailureCleared: (entry) => `forgot the failure of ${told(entry, 'drvPath')}`,
  MachineAdded: () => 'added the machine',
  MachineChanged: () => 'changed the machine',
  MachineRemoved: () => 'removed the machine',
  MachineDisabled: () => 'disabled the machine',
  MachineEnabled: () => 'enabled the machine',
  GarbageCondemned: () => 'listed garbage of a bucket',
  GarbageCollected: () => 'deleted garbage of a bucket',
  UserCreated: (entry, nameOf) => `created the user ${user(entry, nameOf)}`,
  RolesChanged: (entry, nameOf) => {
    const roles = entry.data['roles'] as string[];
    return `gave ${user(entry, nameOf)} the roles ${roles.length === 0 ? '(none)' : roles.join(', ')}`;
  },
  TokenCreated: (entry, nameOf) => `made a token of ${user(entry, nameOf)}`,
  TokenRevoked: (entry, nameOf) => `revoked a token of ${user(entry, nameOf)}`,
  PasswordChanged: (entry, nameOf) => `changed the password of ${user(entry, nameOf)}`,
  FetchCacheCleared: (entry) => `had the evaluator forget ${counted(entry, 'clones', 'clone')} of what it fetched`,
  RejectionsSuppressed: (entry, nameOf) =>
    `left ${counted(entry, 'count', 'more refusal')} of ${user(entry, nameOf)} to the operational log`,
  UserDeleted: (entry, nameOf) =>
    entry.actor.id === entry.userId ? 'deleted the own account' : `deleted the account of ${user(entry, nameOf)}`,
  NewsPosted: (entry) => `posted news ${told(entry, 'newsId')}`,
  NewsDeleted: (entry) => `took down news ${told(entry, 'newsId')}`,
  CommandRejected: (entry) => `was refused ${told(entry, 'command')}: ${told(entry, 'rejection')}`,
  BackupRequested: () => 'asked for a copy of the build',
};

export const auditWords = (entry: AuditEntry, nameOf: NameOf): string => WORDS[entry.type](entry, nameOf);

/** An input of a jobset, as people write it down; undefined: it is none. */
const inputWords = (value: unknown): string | undefined => {
  const { type, value: said, emailResponsible } = (value ?? {}) as Record<string, unknown>;
  if (typeof type !== 'string' || typeof said !== 'string') return undefined;
  return `${type}: ${said}${emailResponsible === true ? ' (committers are told)' : ''}`;
};

/** A value of a field, short enough for a table. */
export const valueWords = (value: unknown): string => {
  if (value === undefined) return '(none)';
  const said = typeof value === 'string' ? value : (inputWords(value) ?? JSON.stringify(value));
  return said.length > 300 ? `${said.slice(0, 300)}…` : said === '' ? '(empty)' : said;
};
