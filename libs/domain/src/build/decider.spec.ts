import fc from 'fast-check';
import { at, examples } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { isRejection } from '../kernel/index.js';
import { build, type BuildCommand } from './decider.js';
import type { BuildEvent } from './events.js';

const { given } = deciderSpec(build);
const { BuildQueued: queued, BuildFinished: finished, BuildCancelled: cancelled, BuildRestarted: restarted } = examples;
const { queuedAt: _, ...wanted } = queued.data;
const queue = { type: 'QueueBuild', at, data: wanted } as const;
const finish = (run = 0) => ({ type: 'FinishBuild', at, data: { ...finished.data, run } }) as const;
const plain = (type: 'CancelBuild' | 'RestartBuild' | 'BumpBuild' | 'KeepBuild' | 'UnkeepBuild') =>
  ({ type, at, data: {} }) as const;

describe('a build', () => {
  it('is queued once, however often its evaluation is worked through', () => {
    given().when(queue).then(queued);
    given(queued).when(queue).thenNothing();
    given(queued, finished).when(queue).thenNothing();
  });

  it('finishes once', () => {
    given(queued).when(finish()).then(finished);
    given(queued, finished).when(finish()).thenNothing();
    given().when(finish()).thenRejected('build-absent');
  });

  it('that was cancelled is not finished by a report that comes late, not even after a restart', () => {
    given(queued).when(plain('CancelBuild')).then(cancelled);
    given(queued, cancelled).when(finish()).thenNothing();
    given(queued, cancelled, restarted).when(finish(0)).thenNothing();
    given(queued, cancelled, restarted).when(finish(1)).thenTypes('BuildFinished');
  });

  it('can be restarted when finished, cancelled and bumped when not', () => {
    given(queued, finished).when(plain('RestartBuild')).then(restarted);
    given(queued).when(plain('RestartBuild')).thenRejected('build-not-finished');
    given(queued, finished).when(plain('CancelBuild')).thenRejected('build-finished');
    given(queued)
      .when(plain('BumpBuild'))
      .then({ type: 'BuildBumped', data: { buildId: 21, globalPriority: Date.parse(at) / 1000 } });
    given(queued, finished).when(plain('BumpBuild')).thenRejected('build-finished');
  });

  it('is kept and unkept once finished', () => {
    given(queued).when(plain('KeepBuild')).thenRejected('build-not-finished');
    given(queued, finished).when(plain('KeepBuild')).then(examples.BuildKept);
    given(queued, finished, examples.BuildKept).when(plain('KeepBuild')).thenNothing();
    given(queued, finished, examples.BuildKept).when(plain('UnkeepBuild')).then(examples.BuildUnkept);
  });

  it('ends exactly once per run, whatever is tried in whatever order', () => {
    const command: fc.Arbitrary<BuildCommand> = fc.oneof(
      fc.constantFrom<BuildCommand>(queue, plain('CancelBuild'), plain('RestartBuild'), plain('BumpBuild')),
      fc.integer({ min: 0, max: 3 }).map((run) => finish(run)),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 50 }), (commands) => {
        const history: BuildEvent[] = [];
        for (const next of commands) {
          const outcome = build.decide(next, history.reduce(build.evolve, build.initial));
          if (!isRejection(outcome)) history.push(...(outcome as readonly BuildEvent[]));
        }
        const ends = history.flatMap(({ type, data }) =>
          type === 'BuildFinished' || type === 'BuildCancelled' ? [data.run] : [],
        );
        expect(new Set(ends).size).toBe(ends.length);
      }),
      { numRuns: 500 },
    );
  });
});
