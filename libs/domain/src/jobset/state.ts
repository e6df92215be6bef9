import { unreachable } from '../kernel/index.js';
import { evaluatesTheSame } from './configuration.js';
import type { EvaluationMark, JobsetConfiguration, JobsetEvent, JobsetRenamed } from './events.js';

/** Somebody asked for an evaluation; with `force` even if no input changed. */
export type Trigger = Readonly<{ force: boolean; at: string }>;

/** The evaluation that an evaluator holds now. */
export type RunningEvaluation = Readonly<{
  evaluationId: number;
  startedAt: string;
  force: boolean;
  trigger?: Trigger;
  /** It is the one that a one-shot was armed for: armed before it started, and what is evaluated is configured as it was then. */
  spends?: true;
}>;

export type PresentJobset = Readonly<{
  status: 'present';
  jobsetId: number;
  project: string;
  name: string;
  configuration: JobsetConfiguration;
  trigger?: Trigger;
  running?: RunningEvaluation;
  /** When an evaluator last came by, whatever came of it. */
  lastCheckedAt?: string;
  /** The newest evaluation that ran. */
  last?: EvaluationMark;
  /** The newest evaluation with new builds: where builds to reuse are looked for (hydra-reference 4.5). */
  baseline?: number;
  /** It was a one-shot and had its evaluation; nobody armed it or gave it something else to evaluate since. */
  spent?: true;
  /** It is disabled by that evaluation: nobody configured it to be. */
  disarmed?: true;
  /** Of `.jobsets`: hash of the specification file that was applied last, while nothing else was. */
  specification?: string;
  /** The newest evaluation that ended in any way: a repeated report about it is no news. */
  lastEnded?: number;
}>;

export type JobsetState =
  | Readonly<{ status: 'absent' | 'deleted' }>
  | Readonly<{
      status: 'renamed';
      to: { project: string; name: string };
      /** all that goes to the new name */ moved: JobsetRenamed['data'];
    }>
  | PresentJobset;

const without = <T extends object, K extends keyof T>(value: T, ...keys: K[]): Omit<T, K> => {
  const copy = { ...value };
  for (const key of keys) delete copy[key];
  return copy;
};

const ended = (state: PresentJobset, evaluationId: number, at: string): PresentJobset => ({
  ...without(state, 'running'),
  lastCheckedAt: at,
  lastEnded: evaluationId,
});

/** Whatever it is armed for from now on, the evaluation that runs is not it. */
const rearmed = (state: PresentJobset): PresentJobset =>
  state.running ? { ...state, running: without(state.running, 'spends') } : state;

/** Whoever changes its description has not armed it: a second evaluation would be another release. */
export const staysSpent = ({ spent, configuration: before }: PresentJobset, now: JobsetConfiguration): boolean =>
  spent === true && now.mode === 'disabled' && evaluatesTheSame(now, before);

/** Nor has who only disables it: the evaluation that it was armed for goes on, and by force it could be had once more. */
const staysSpending = ({ configuration: before }: PresentJobset, now: JobsetConfiguration): boolean =>
  (now.mode === 'disabled' || (now.mode === 'one-shot' && before.mode === 'one-shot')) && evaluatesTheSame(now, before);

/** How an event moves a jobset. */
export const evolveJobset = (state: JobsetState, event: JobsetEvent): JobsetState => {
  switch (event.type) {
    case 'JobsetCreated':
    case 'JobsetCloned': {
      const { jobsetId, project, name, configuration } = event.data;
      return { status: 'present', jobsetId, project, name, configuration };
    }
    case 'JobsetRenamed': {
      const { jobsetId, from, to, configuration, last, baseline, trigger, lastCheckedAt, spent } = event.data;
      const leaves = state.status === 'present' && state.project === from.project && state.name === from.name;
      if (leaves) return { status: 'renamed', to, moved: event.data };
      const kept = {
        ...(last ? { last } : {}),
        ...(baseline === undefined ? {} : { baseline }),
        ...(trigger ? { trigger } : {}),
        ...(lastCheckedAt === undefined ? {} : { lastCheckedAt }),
        ...(spent ? { spent, disarmed: true as const } : {}),
      };
      return { status: 'present', jobsetId, ...to, configuration, ...kept };
    }
    case 'JobsetDeleted':
      return { status: 'deleted' };
  }
  // Nothing else happens to a jobset that is not there.
  if (state.status !== 'present') return state;
  const configure = (change: Partial<JobsetConfiguration>, of: PresentJobset = state): PresentJobset => ({
    ...of,
    configuration: { ...of.configuration, ...change },
  });
  switch (event.type) {
    case 'JobsetConfigured': {
      const { configuration } = event.data;
      const next = without(staysSpending(state, configuration) ? state : rearmed(state), 'disarmed');
      return configure(configuration, staysSpent(state, configuration) ? next : without(next, 'spent'));
    }
    case 'ShareChanged':
      return configure({ shares: event.data.shares });
    case 'JobsetEnabled':
      return configure({ mode: event.data.mode }, without(rearmed(state), 'spent', 'disarmed'));
    case 'JobsetDisabled':
      // What was pushed for while it was evaluated had its evaluation: a second one is another release.
      return event.data.cause === 'one-shot-evaluated'
        ? {
            ...configure({ mode: 'disabled' }, without(state, 'trigger') as PresentJobset),
            spent: true,
            // Whoever disabled it meanwhile did mean it to be.
            ...(state.configuration.mode === 'disabled' ? {} : { disarmed: true as const }),
          }
        : configure({ mode: 'disabled' }, without(state, 'spent', 'disarmed'));
    case 'EvaluationTriggered': {
      // Two pushes are one wish; a forced one stays forced.
      const force = event.data.force || (state.trigger?.force ?? false);
      return { ...state, trigger: { force, at: state.trigger?.at ?? event.data.triggeredAt } };
    }
    case 'EvaluationStarted': {
      const { evaluationId, startedAt, force } = event.data;
      const running: RunningEvaluation = {
        evaluationId,
        startedAt,
        force,
        ...(state.trigger ? { trigger: state.trigger } : {}),
        ...(state.configuration.mode === 'one-shot' ? { spends: true } : {}),
      };
      return { ...without(state, 'trigger'), running };
    }
    case 'EvaluationRan': {
      const { evaluationId, hash, flake, jobs, hasNewBuilds, finishedAt } = event.data;
      const last = { evaluationId, hash, jobs, ...(flake === undefined ? {} : { flake }) };
      const baseline = hasNewBuilds ? evaluationId : state.baseline;
      const after = without(ended(state, evaluationId, finishedAt), 'specification');
      return { ...after, last, ...(baseline === undefined ? {} : { baseline }) };
    }
    case 'EvaluationSkipped':
      return ended(state, event.data.evaluationId, event.data.finishedAt);
    case 'SpecificationApplied': {
      const { evaluationId, buildId, hash, appliedAt } = event.data;
      return buildId === undefined ? { ...ended(state, evaluationId, appliedAt), specification: hash } : state;
    }
    case 'EvaluationFailed': {
      const { evaluationId, kind, finishedAt } = event.data;
      const after = ended(state, evaluationId, finishedAt);
      // What is wrong with a file is told until it is applied again, be it as it was before.
      if (kind !== 'interrupted') return without(after, 'specification');
      // The evaluator's death is not an answer: what was asked for is still wanted, and so is a poll's turn.
      const started = state.running;
      const trigger: Trigger = {
        force: (started?.force ?? false) || (state.trigger?.force ?? false),
        at: started?.trigger?.at ?? state.trigger?.at ?? started?.startedAt ?? finishedAt,
      };
      return { ...after, trigger };
    }
    default:
      return unreachable(event);
  }
};
