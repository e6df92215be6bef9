import { isRejection, type JobsetCommand, type JobsetRejection, jobsetStream, type Rejection } from '#domain';
import { commandHandler, type EventStore, type ExpectedRevision } from '#event-store';
import { type Cause, causeOf, dutyContext } from '../shared/causes.js';
import { reach } from '../shared/outage.js';
import { seenJobset } from './read-jobset.js';

type Body<T extends JobsetCommand['type']> = Omit<Extract<JobsetCommand, { type: T }>, 'at'>;
type Report =
  | Body<'StartEvaluation'>
  | Body<'ReportEvaluation'>
  | Body<'ReportUnchanged'>
  | Body<'ReportSpecification'>
  | Body<'ReportEvaluationFailure'>;
export type Refused = Rejection<JobsetRejection | 'wrong-expected-revision'>;

/** Sends the evaluator's commands to jobsets' streams. */
export type JobsetCommands = (
  jobset: Readonly<{ project: string; name: string }>,
  command: Report,
  cause: Cause | undefined,
  at: string,
  /** what was seen of the stream, where the command may be decided on nothing else */
  expected?: ExpectedRevision,
) => Promise<Refused | Readonly<{ /** the first event, where there is one */ event?: Cause }>>;

export const jobsetCommands = (store: EventStore): JobsetCommands => {
  const handle = commandHandler(store, seenJobset);
  return async ({ project, name }, command, cause, at, expected) => {
    const context = dutyContext('evaluator', `${command.type} ${command.data.evaluationId}`, cause);
    const stream = jobsetStream(project, name);
    const outcome = await reach(() =>
      handle(stream, { ...command, at } as JobsetCommand, context, expected === undefined ? {} : { expected }),
    );
    if (isRejection<JobsetRejection | 'wrong-expected-revision'>(outcome)) return outcome;
    const first = outcome.events[0];
    return first ? { event: causeOf(first) } : {};
  };
};
