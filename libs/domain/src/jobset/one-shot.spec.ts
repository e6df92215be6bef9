import fc from 'fast-check';
import { at, examples, jobsetConfiguration, jobsetIdentity } from '../../testing/examples.js';
import { isRejection } from '../kernel/index.js';
import { jobset, type JobsetCommand } from './decider.js';
import type { JobsetEvent } from './events.js';

const {
  evaluationId: _id,
  jobsetId: _jobset,
  project: _project,
  name: _name,
  finishedAt: _at,
  ...report
} = examples.EvaluationRan.data;

/** Anything that a pusher or one of several evaluators may try, in any order. */
const command: fc.Arbitrary<JobsetCommand> = fc.oneof(
  fc.boolean().map((force): JobsetCommand => ({ type: 'TriggerEvaluation', at, data: { force, cause: 'push' } })),
  fc
    .integer({ min: 1, max: 6 })
    .chain((evaluationId) =>
      fc.constantFrom<JobsetCommand>(
        { type: 'StartEvaluation', at, data: { evaluationId, cause: 'trigger' } },
        { type: 'StartEvaluation', at, data: { evaluationId, cause: 'poll' } },
        { type: 'ReportEvaluation', at, data: { evaluationId, ...report } },
        { type: 'ReportUnchanged', at, data: { evaluationId, hash: 'abc' } },
        { type: 'ReportEvaluationFailure', at, data: { evaluationId, kind: 'fetch', error: 'no' } },
        { type: 'ReportEvaluationFailure', at, data: { evaluationId, kind: 'interrupted', error: 'no' } },
      ),
    ),
);

const play = (commands: readonly JobsetCommand[], opening: JobsetEvent): JobsetEvent[] => {
  const history = [opening];
  for (const next of commands) {
    const outcome = jobset.decide(next, history.reduce(jobset.evolve, jobset.initial));
    if (!isRejection(outcome)) history.push(...(outcome as readonly JobsetEvent[]));
  }
  return history;
};

const oneShot: JobsetEvent = {
  type: 'JobsetCreated',
  data: { ...jobsetIdentity, configuration: { ...jobsetConfiguration, mode: 'one-shot' } },
};

describe('whatever pushers and evaluators try', () => {
  it('a one-shot jobset that nobody forces runs at most once', () => {
    const unforced = command.filter(({ type, data }) => !(type === 'TriggerEvaluation' && data.force));
    fc.assert(
      fc.property(fc.array(unforced, { maxLength: 60 }), (commands) => {
        const history = play(commands, oneShot);
        expect(history.filter(({ type }) => type === 'EvaluationRan').length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  it('every evaluation that ended had started, and each ends once', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let running: number | undefined;
        for (const { type, data } of play(commands, oneShot)) {
          if (type === 'EvaluationStarted') {
            expect(running).toBeUndefined();
            running = data.evaluationId;
          }
          if (type === 'EvaluationRan' || type === 'EvaluationSkipped' || type === 'EvaluationFailed') {
            expect(data.evaluationId).toBe(running);
            running = undefined;
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
