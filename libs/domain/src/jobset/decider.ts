import {
  checkJobsetName,
  type Command,
  DECLARATIVE_JOBSET,
  type Decider,
  type Rejection,
  unreachable,
} from '../kernel/index.js';
import { checkJobsetConfiguration } from './configuration.js';
import type {
  EvaluationRan,
  SpecificationApplied,
  JobsetCloned,
  JobsetConfiguration,
  JobsetEvent,
  JobsetMode,
  JobsetRenamed,
} from './events.js';
import { evolveJobset, type JobsetState, type PresentJobset, staysSpent } from './state.js';

type Identity = { jobsetId: number; project: string; name: string };
/** What an evaluator reports of an evaluation that came to its end. */
export type EvaluationReport = Omit<EvaluationRan['data'], 'jobsetId' | 'project' | 'name' | 'finishedAt'>;
/** What came of the specification of a declarative project. */
export type SpecificationReport = Omit<SpecificationApplied['data'], 'jobsetId' | 'project' | 'name' | 'appliedAt'>;

export type JobsetCommand =
  | Command<'CreateJobset', Identity & { configuration: JobsetConfiguration }>
  | Command<'CloneJobset', Identity & { configuration: JobsetConfiguration; source: JobsetCloned['data']['source'] }>
  | Command<'ConfigureJobset', { configuration: JobsetConfiguration }>
  | Command<'ChangeShare', { shares: number }>
  | Command<'EnableJobset', { mode: Exclude<JobsetMode, 'disabled'> }>
  | Command<'DisableJobset', Record<never, never>>
  /** On the old name's stream, first: of two who change a jobset at once, one is too late. Its configuration may change with it. */
  | Command<'RenameJobset', { to: { project: string; name: string }; configuration?: JobsetConfiguration }>
  /** On the new name's stream, second: what the first one left. */
  | Command<'ReceiveRenamedJobset', JobsetRenamed['data']>
  | Command<'DeleteJobset', Record<never, never>>
  | Command<'TriggerEvaluation', { force: boolean; cause: 'push' | 'command' }>
  | Command<'StartEvaluation', { evaluationId: number; cause: 'trigger' | 'poll' }>
  | Command<'ReportEvaluation', EvaluationReport>
  | Command<'ReportUnchanged', { evaluationId: number; hash: string }>
  /** Of a file it ends the evaluation that read it; of a build it comes when that is finished. */
  | Command<'ReportSpecification', SpecificationReport>
  | Command<
      'ReportEvaluationFailure',
      { evaluationId: number; kind: 'fetch' | 'evaluation' | 'interrupted'; error: string }
    >;

export type JobsetRejection =
  | 'jobset-exists'
  | 'jobset-absent'
  | 'jobset-disabled'
  | 'one-shot-spent'
  | 'invalid-name'
  | 'invalid-value'
  | 'evaluation-running'
  | 'evaluation-not-running'
  | 'evaluation-not-due';

const MAX_ERROR = 100_000;
/** Of a specification, so that its event keeps its size. */
const MAX_PROBLEMS = 100;
const MAX_PROBLEM = 500;

const identity = ({ jobsetId, project, name }: Identity): Identity => ({ jobsetId, project, name });

const isPolled = ({ mode, checkInterval }: JobsetConfiguration): boolean => mode !== 'disabled' && checkInterval > 0;

/** Hydra's rule: saving a jobset that is enabled and polled asks for an evaluation. */
const triggerIfPolled = (of: Identity, configuration: JobsetConfiguration, at: string): JobsetEvent[] =>
  isPolled(configuration)
    ? [{ type: 'EvaluationTriggered', data: { ...identity(of), force: false, cause: 'configured', triggeredAt: at } }]
    : [];

/** True when a jobset's next poll has come. `at` is ISO 8601. */
export const isDue = (state: PresentJobset, at: string): boolean =>
  isPolled(state.configuration) &&
  (state.lastCheckedAt === undefined ||
    Date.parse(state.lastCheckedAt) + state.configuration.checkInterval * 1000 <= Date.parse(at));

/** Ends the running evaluation with an event; a report repeated after its end is no news, one of a stranger is refused. */
const end = (
  state: PresentJobset,
  evaluationId: number,
  events: () => JobsetEvent[],
): readonly JobsetEvent[] | Rejection<JobsetRejection> => {
  if (state.running?.evaluationId === evaluationId) return events();
  return state.lastEnded === evaluationId ? [] : { rejected: 'evaluation-not-running' };
};

const ran = (state: PresentJobset, report: EvaluationReport, finishedAt: string): JobsetEvent[] => {
  const of = identity(state);
  const ranEvent: JobsetEvent = { type: 'EvaluationRan', data: { ...of, ...report, finishedAt } };
  // In the same append, so that no crash and no second push can evaluate a one-shot jobset twice.
  return state.running?.spends
    ? [ranEvent, { type: 'JobsetDisabled', data: { ...of, cause: 'one-shot-evaluated' } }]
    : [ranEvent];
};

const start = (state: PresentJobset, evaluationId: number, cause: 'trigger' | 'poll', at: string) => {
  if (state.running) return { rejected: 'evaluation-running' } as const;
  const force = state.trigger?.force ?? false;
  if (state.configuration.mode === 'disabled' && !force) return { rejected: 'jobset-disabled' } as const;
  if (cause === 'trigger' ? !state.trigger : !isDue(state, at)) return { rejected: 'evaluation-not-due' } as const;
  return [
    { type: 'EvaluationStarted', data: { ...identity(state), evaluationId, cause, force, startedAt: at } },
  ] as const;
};

const configure = (state: PresentJobset, configuration: JobsetConfiguration, at: string): JobsetEvent[] => {
  const of = identity(state);
  const before = state.configuration.shares;
  const { shares } = configuration;
  return [
    { type: 'JobsetConfigured', data: { ...of, configuration } },
    ...(shares === before ? [] : [{ type: 'ShareChanged', data: { ...of, shares, before } } as const]),
    ...(state.trigger ? [] : triggerIfPolled(state, configuration, at)),
  ];
};

const rename = (
  state: PresentJobset,
  { to, configuration: changed }: Extract<JobsetCommand, { type: 'RenameJobset' }>['data'],
  at: string,
): readonly JobsetEvent[] | Rejection<JobsetRejection> => {
  if (state.running) return { rejected: 'evaluation-running' };
  const named = to.name === state.name ? undefined : checkJobsetName('name', to.name);
  const refused = named ?? (changed && checkJobsetConfiguration(changed));
  if (refused) return refused;
  const { jobsetId, project, name, last, baseline, lastCheckedAt, spent } = state;
  const configuration = changed ?? state.configuration;
  const trigger = state.trigger ?? (changed && isPolled(changed) ? { force: false, at } : undefined);
  const kept = {
    ...(last ? { last } : {}),
    ...(baseline === undefined ? {} : { baseline }),
    ...(trigger ? { trigger } : {}),
    ...(lastCheckedAt === undefined ? {} : { lastCheckedAt }),
    ...(spent && (!changed || staysSpent(state, changed)) ? { spent } : {}),
  };
  return [{ type: 'JobsetRenamed', data: { jobsetId, from: { project, name }, to, configuration, ...kept } }];
};

/** Only `.jobsets` has a specification, and it has nothing else. */
const checkSource = (name: string, { source }: JobsetConfiguration): Rejection<'invalid-value'> | undefined => {
  if ((name === DECLARATIVE_JOBSET) === (source.type === 'declarative')) return undefined;
  const detail =
    source.type === 'declarative'
      ? `must be ${DECLARATIVE_JOBSET}`
      : `must not be ${DECLARATIVE_JOBSET}, which is reserved`;
  return { rejected: 'invalid-value', field: 'name', detail };
};

const report = (state: PresentJobset, data: SpecificationReport, appliedAt: string): JobsetEvent => {
  const problems = data.problems.slice(0, MAX_PROBLEMS).map((problem) => problem.slice(0, MAX_PROBLEM));
  return { type: 'SpecificationApplied', data: { ...identity(state), ...data, problems, appliedAt } };
};

const open = (
  { type, data, at }: Extract<JobsetCommand, { type: 'CreateJobset' | 'CloneJobset' }>,
  state: JobsetState,
): readonly JobsetEvent[] | Rejection<JobsetRejection> => {
  if (state.status === 'present') return { rejected: 'jobset-exists', field: 'name' };
  const special = data.configuration.source.type === 'declarative';
  const refused =
    (special ? undefined : checkJobsetName('name', data.name)) ??
    checkSource(data.name, data.configuration) ??
    checkJobsetConfiguration(data.configuration);
  if (refused) return refused;
  const opened: JobsetEvent =
    type === 'CreateJobset' ? { type: 'JobsetCreated', data } : { type: 'JobsetCloned', data };
  return [opened, ...triggerIfPolled(data, data.configuration, at)];
};

export const jobset: Decider<JobsetState, JobsetCommand, JobsetEvent, JobsetRejection> = {
  initial: { status: 'absent' },
  decide: (command, state) => {
    const { at } = command;
    if (command.type === 'CreateJobset' || command.type === 'CloneJobset') return open(command, state);
    if (command.type === 'ReceiveRenamedJobset') {
      const { jobsetId, to } = command.data;
      if (state.status === 'present')
        return state.jobsetId === jobsetId ? [] : { rejected: 'jobset-exists', field: 'name' };
      // Whoever only goes to another project keeps its name, a special one too.
      const refused = to.name === command.data.from.name ? undefined : checkJobsetName('name', to.name);
      return refused ?? [{ type: 'JobsetRenamed', data: command.data }];
    }
    if (command.type === 'RenameJobset' && state.status === 'renamed') {
      const { to } = command.data;
      return to.project === state.to.project && to.name === state.to.name ? [] : { rejected: 'jobset-absent' };
    }
    if (command.type === 'DeleteJobset' && state.status === 'deleted') return [];
    if (state.status !== 'present') return { rejected: 'jobset-absent' };
    const of = identity(state);
    switch (command.type) {
      case 'ConfigureJobset':
        return (
          checkSource(state.name, command.data.configuration) ??
          checkJobsetConfiguration(command.data.configuration) ??
          configure(state, command.data.configuration, at)
        );
      case 'ChangeShare': {
        const configuration = { ...state.configuration, shares: command.data.shares };
        const before = state.configuration.shares;
        if (before === command.data.shares) return [];
        return (
          checkJobsetConfiguration(configuration) ?? [
            { type: 'ShareChanged', data: { ...of, shares: command.data.shares, before } },
          ]
        );
      }
      case 'EnableJobset':
        return state.configuration.mode === command.data.mode
          ? []
          : [{ type: 'JobsetEnabled', data: { ...of, mode: command.data.mode } }];
      case 'DisableJobset':
        return state.configuration.mode === 'disabled'
          ? []
          : [{ type: 'JobsetDisabled', data: { ...of, cause: 'command' } }];
      case 'RenameJobset':
        return rename(state, command.data, at);
      case 'DeleteJobset':
        return [{ type: 'JobsetDeleted', data: of }];
      case 'TriggerEvaluation':
        // Not even by force, which a second push may have too: exactly one evaluation is what a one-shot is for.
        if (state.spent) return { rejected: 'one-shot-spent' };
        // As in Hydra, a disabled jobset is evaluated only by force.
        if (state.configuration.mode === 'disabled' && !command.data.force) return { rejected: 'jobset-disabled' };
        if (state.trigger && (state.trigger.force || !command.data.force)) return [];
        return [{ type: 'EvaluationTriggered', data: { ...of, ...command.data, triggeredAt: at } }];
      case 'StartEvaluation':
        return start(state, command.data.evaluationId, command.data.cause, at);
      case 'ReportEvaluation':
        return end(state, command.data.evaluationId, () => ran(state, command.data, at));
      case 'ReportUnchanged':
        return end(state, command.data.evaluationId, () => [
          { type: 'EvaluationSkipped', data: { ...of, ...command.data, finishedAt: at } },
        ]);
      case 'ReportSpecification': {
        const { evaluationId, buildId } = command.data;
        return buildId === undefined
          ? end(state, evaluationId, () => [report(state, command.data, at)])
          : [report(state, command.data, at)];
      }
      case 'ReportEvaluationFailure':
        return end(state, command.data.evaluationId, () => [
          {
            type: 'EvaluationFailed',
            data: { ...of, ...command.data, error: command.data.error.slice(0, MAX_ERROR), finishedAt: at },
          },
        ]);
      default:
        return unreachable(command);
    }
  },
  evolve: evolveJobset,
};
