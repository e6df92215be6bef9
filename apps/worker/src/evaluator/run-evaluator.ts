import { isRejection, jobsetStream, type PresentJobset } from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';
import { type Clock, fromIso, type Logger, sleep, toIso, withCorrelation } from '#runtime';
import type { Cause } from '../shared/causes.js';
import { messageOf, OutageError, reach } from '../shared/outage.js';
import { jobsetCommands } from './commands.js';
import { byUrgency, type Candidate, whatIsDue } from './due.js';
import type { Conclude } from './evaluate-jobset.js';
import { isProjectEnabled, readJobset } from './read-jobset.js';

/** What the loop asks of the read models; they may lag. */
export type EvaluatorQueries = Readonly<{
  /** jobsets whose evaluation may start at a time (Unix ms), in any order */
  due: (atMs: number) => Promise<readonly Candidate[]>;
  /** evaluations that somebody holds */
  running: () => Promise<readonly Readonly<{ evaluationId: number; project: string; name: string }>[]>;
  /** whether a jobset's newest evaluation is `evaluationId` there, and all its builds are finished */
  isFinished: (project: string, name: string, evaluationId: number) => Promise<boolean>;
}>;

export type EvaluatorConfig = Readonly<{
  store: EventStore;
  queries: EvaluatorQueries;
  clock: Clock;
  logger: Logger;
  nextEvaluationId: () => Promise<number>;
  maxConcurrent: number;
  /** Evaluates one jobset to a report; throws `OutageError` and nothing else. */
  conclude: Conclude;
  /** ms between two looks at the read models; default 1000 */
  pollMs?: number;
}>;

type Held = Readonly<{ stream: string; forced: boolean; abort: AbortController; done: Promise<void> }>;

/** Any of these may make a jobset due. */
const WAKES = [
  'EvaluationTriggered',
  'JobsetCreated',
  'JobsetCloned',
  'JobsetConfigured',
  'JobsetEnabled',
  'JobsetRenamed',
];
/** After one of these nobody wants an evaluation that runs. */
const ENDS = ['JobsetDeleted', 'JobsetDisabled'];
type Heard = Readonly<{
  jobsetId: number;
  project: string;
  name: string;
  triggeredAt?: string;
  to?: { project: string; name: string };
}>;

const INTERRUPTED = 'the evaluator stopped in the middle of it';

/**
 * The evaluator, while it leads: starts what is due up to `maxConcurrent` evaluations at once, and finds again what a dead
 * evaluator left. Ends after the signal, when its evaluations were reported as interrupted. Throws on an outage.
 */
export const runEvaluator = async (config: EvaluatorConfig, signal: AbortSignal): Promise<void> => {
  const { store, queries, clock, logger, conclude, maxConcurrent, pollMs = 1000 } = config;
  const command = jobsetCommands(store);
  const held = new Map<number, Held>();
  const heard = new Map<string, Candidate>();
  const ended = new AbortController();
  let failure: unknown;
  let nudge = new AbortController();
  const wake = (): void => nudge.abort();
  const fail = (error: unknown): void => {
    failure ??= error;
    ended.abort();
    wake();
  };
  const stop = AbortSignal.any([signal, ended.signal]);
  stop.addEventListener('abort', wake);

  const want = ({ jobsetId, project, name }: Omit<Heard, 'to'>, at: string | undefined): void => {
    const stream = jobsetStream(project, name);
    const triggeredAt = at ?? heard.get(stream)?.triggeredAt;
    heard.set(stream, { jobsetId, project, name, ...(triggeredAt ? { triggeredAt } : {}) });
    wake();
  };

  const hear = (event: RecordedEvent): void => {
    const data = event.data as Heard;
    const { project, name } = data.to ?? data;
    const stream = jobsetStream(project, name);
    if (ENDS.includes(event.type)) {
      for (const evaluation of held.values()) {
        if (evaluation.stream === stream && !(evaluation.forced && event.type === 'JobsetDisabled')) {
          evaluation.abort.abort(
            new Error(
              `the jobset was ${event.type === 'JobsetDeleted' ? 'deleted' : 'disabled'} while it was evaluated`,
            ),
          );
        }
      }
      return;
    }
    want({ jobsetId: data.jobsetId, project, name }, data.triggeredAt);
  };

  /** An evaluation that its jobset says is running, but that nobody here holds: its evaluator died. */
  const recover = async (project: string, name: string, evaluationId: number): Promise<void> => {
    if (held.has(evaluationId)) return;
    const { started, state } = await reach(() => readJobset(store, project, name));
    if (state.status !== 'present' || state.running?.evaluationId !== evaluationId) return;
    logger.warn(
      { project, jobset: name, evaluation: evaluationId },
      'an evaluation lost its evaluator; it is evaluated anew',
    );
    const data = { evaluationId, kind: 'interrupted', error: INTERRUPTED } as const;
    await command(state, { type: 'ReportEvaluationFailure', data }, started, clock.iso());
    want(state, state.running.trigger?.at ?? state.running.startedAt);
  };

  const evaluate = async (
    evaluationId: number,
    state: PresentJobset,
    started: Cause,
    abort: AbortSignal,
    startedAt: string,
  ): Promise<void> => {
    const of = { project: state.project, jobset: state.name, evaluation: evaluationId };
    const log = withCorrelation(logger, started.correlationId).child(of);
    const report = await conclude({
      evaluationId,
      state,
      started,
      startedAtMs: fromIso(startedAt),
      signal: abort,
      logger: log,
    });
    const outcome = await command(state, report, started, clock.iso());
    if (isRejection(outcome))
      log.warn(
        { rejected: outcome.rejected, report: report.type },
        'the result is dropped: the jobset is not what it was',
      );
  };

  /** True when a slot was taken. */
  const start = async (candidate: Candidate): Promise<boolean> => {
    const { project, name } = candidate;
    const stream = jobsetStream(project, name);
    const { state, revision, trigger } = await reach(() => readJobset(store, project, name));
    const at = clock.iso();
    const due = whatIsDue(state, at);
    if (!due.due) {
      if (due.running !== undefined && !held.has(due.running)) await recover(project, name, due.running);
      return false;
    }
    const { cause, state: present } = due;
    if (!(await reach(() => isProjectEnabled(store, project)))) return false;
    const last = present.last?.evaluationId;
    const oneAtATime = cause === 'poll' && present.configuration.mode === 'one-at-a-time' && last !== undefined;
    if (oneAtATime && !(await reach(() => queries.isFinished(project, name, last)))) return false;

    const evaluationId = await reach(config.nextEvaluationId);
    const abort = new AbortController();
    // Held before the event can be seen, so that nobody here takes it for an orphan.
    let finished!: () => void;
    const done = new Promise<void>((resolve) => (finished = resolve));
    held.set(evaluationId, { stream, forced: present.trigger?.force ?? false, abort, done });
    const release = (): void => {
      held.delete(evaluationId);
      finished();
      wake();
    };
    try {
      const started = await command(
        present,
        { type: 'StartEvaluation', data: { evaluationId, cause } },
        trigger,
        at,
        revision,
      );
      if (isRejection(started) || !started.event) {
        release();
        // The jobset changed meanwhile: the next look, at once, sees how.
        heard.set(stream, candidate);
        if (isRejection(started))
          logger.info({ project, jobset: name, rejected: started.rejected }, 'an evaluation was not started');
        return false;
      }
      void evaluate(evaluationId, present, started.event, abort.signal, at).catch(fail).finally(release);
      return true;
    } catch (error) {
      release();
      throw error;
    }
  };

  const look = async (): Promise<void> => {
    for (const { evaluationId, project, name } of await reach(queries.running))
      await recover(project, name, evaluationId);
    const known = new Map<string, Candidate>();
    for (const due of await reach(() => queries.due(clock.now()))) known.set(jobsetStream(due.project, due.name), due);
    for (const [stream, candidate] of heard) if (!known.has(stream)) known.set(stream, candidate);
    const streams = new Set([...held.values()].map(({ stream }) => stream));
    for (const candidate of [...known.values()].sort(byUrgency)) {
      if (held.size >= maxConcurrent || stop.aborted) return;
      const stream = jobsetStream(candidate.project, candidate.name);
      // A push during an evaluation is looked at when that has ended.
      if (streams.has(stream)) continue;
      heard.delete(stream);
      await start(candidate);
    }
  };

  const after = await reach(() => store.head());
  const listening = store
    .subscribe({ after, types: [...WAKES, ...ENDS], signal: stop }, async ({ events }) => events.forEach(hear))
    .catch(fail);
  try {
    while (!stop.aborted) {
      nudge = new AbortController();
      await look();
      if (!stop.aborted) await sleep(pollMs, nudge.signal);
    }
  } catch (error) {
    fail(error);
  }
  for (const { abort } of held.values()) abort.abort(new Error(INTERRUPTED));
  await Promise.allSettled([...held.values()].map(({ done }) => done));
  await listening;
  if (failure !== undefined) {
    if (!(failure instanceof OutageError)) throw failure;
    logger.error({ err: failure }, `the evaluator stops: ${messageOf(failure)}`);
    throw failure;
  }
};

/** Times of the read model, Unix ms, as a candidate has them. */
export const candidateTimes = (
  triggerAtMs: number | null,
  lastCheckedAtMs: number | null,
): Pick<Candidate, 'triggeredAt' | 'lastCheckedAt'> => ({
  ...(triggerAtMs === null ? {} : { triggeredAt: toIso(triggerAtMs) }),
  ...(lastCheckedAtMs === null ? {} : { lastCheckedAt: toIso(lastCheckedAtMs) }),
});
