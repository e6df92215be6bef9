import fc from 'fast-check';
import { at, examples, jobsetConfiguration, jobsetIdentity } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { isRejection } from '../kernel/index.js';
import { jobset, type JobsetCommand } from './decider.js';
import type { JobsetConfiguration, JobsetEvent } from './events.js';

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
  it('a one-shot jobset runs at most once, by force too', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
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

const { given } = deciderSpec(jobset);
const push = (force = false) => ({ type: 'TriggerEvaluation', at, data: { force, cause: 'push' } }) as const;
const start = { type: 'StartEvaluation', at, data: { evaluationId: 1, cause: 'trigger' } } as const;
const reported = { type: 'ReportEvaluation', at, data: { ...report, evaluationId: 1 } } as const;
const configured = (change: Partial<JobsetConfiguration>) =>
  ({
    type: 'ConfigureJobset',
    at,
    data: { configuration: { ...jobsetConfiguration, mode: 'one-shot', ...change } },
  }) as const;
const after = (...commands: readonly JobsetCommand[]) => given(...play(commands, oneShot));

describe('a one-shot jobset', () => {
  it('that had its evaluation is evaluated again when it is armed again, and not before', () => {
    after(push(), start, reported).when(push(true)).thenRejected('one-shot-spent');
    after(push(), start, reported, { type: 'EnableJobset', at, data: { mode: 'one-shot' } })
      .when(push())
      .thenTypes('EvaluationTriggered');
  });

  it('that had its evaluation is not armed by who writes something else about it, whatever name it gets with that', () => {
    const had = [push(), start, reported] as const;
    const off = { mode: 'disabled', description: 'shipped' } as const;
    after(...had, configured(off))
      .when(push(true))
      .thenRejected('one-shot-spent');
    after(...had, configured(off), configured({ checkInterval: 0 }))
      .when(push())
      .thenTypes('EvaluationTriggered');
    const other = { type: 'nix', value: '2', emailResponsible: false } as const;
    const inputs = { ...jobsetConfiguration.inputs, other };
    after(...had, configured({ ...off, inputs }))
      .when(push(true))
      .thenTypes('EvaluationTriggered');
    const rename = (change: Partial<JobsetConfiguration>): JobsetCommand => ({
      ...{ type: 'RenameJobset', at },
      data: { to: { project: 'p', name: 'other' }, configuration: { ...jobsetConfiguration, ...change } },
    });
    expect(play([...had, rename(off)], oneShot).at(-1)).toMatchObject({ data: { spent: true } });
    expect(play([...had, rename({ ...off, inputs })], oneShot).at(-1)!.data).not.toHaveProperty('spent');
  });

  it('takes a push that comes while it is evaluated for the same wish', () => {
    expect(after(push(), start, push(true), reported).state).not.toHaveProperty('trigger');
  });

  it('keeps its evaluation when only what does not matter to that is changed meanwhile', () => {
    after(push(), start, configured({ description: 'the release' }))
      .when(reported)
      .thenTypes('EvaluationRan', 'JobsetDisabled');
  });

  it('that is disabled while it is evaluated had its evaluation all the same, and is not had once more by force', () => {
    const disable: JobsetCommand = { type: 'DisableJobset', at, data: {} };
    for (const off of [disable, configured({ mode: 'disabled' })]) {
      after(push(), start, off, reported).when(push(true)).thenRejected('one-shot-spent');
      expect(after(push(), start, off, reported).state).not.toHaveProperty('disarmed');
    }
    after(push(), start, disable, { type: 'EnableJobset', at, data: { mode: 'one-shot' } })
      .when(reported)
      .thenTypes('EvaluationRan');
    after(push(), start, configured({ mode: 'disabled' }), configured({ description: 'armed again' }))
      .when(reported)
      .thenTypes('EvaluationRan');
  });

  it('stays armed when it was configured to evaluate something else meanwhile', () => {
    const value = { type: 'boolean', value: 'true', emailResponsible: false } as const;
    after(push(), start, configured({ inputs: { ...jobsetConfiguration.inputs, officialRelease: value } }))
      .when(reported)
      .thenTypes('EvaluationRan');
  });

  it('that was armed during an evaluation is not spent by that one', () => {
    const enabled: JobsetEvent = {
      type: 'JobsetCreated',
      data: { ...jobsetIdentity, configuration: jobsetConfiguration },
    };
    const armed = play([push(), start, { type: 'EnableJobset', at, data: { mode: 'one-shot' } }], enabled);
    given(...armed)
      .when(reported)
      .thenTypes('EvaluationRan');
  });
});
