import { at, examples } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { step } from './decider.js';
import { stepStream } from './events.js';

const { given } = deciderSpec(step);
const { BuildStepStarted: started, BuildStepCompleted: completed, CachedFailureCleared: cleared } = examples;
const start = (attempt = 1) => ({ type: 'StartStep', at, data: { ...started.data, attempt } }) as const;
const complete = { type: 'CompleteStep', at, data: completed.data } as const;
const failed = { ...completed, data: { ...completed.data, status: 'failed', cachesFailure: true } } as const;
const aborted = { ...completed, data: { ...completed.data, status: 'aborted', retryAtMs: 1 } } as const;

describe('a step', () => {
  it('has one attempt at a time in the whole farm', () => {
    given().when(start()).then(started);
    given(started).when(start(2)).thenRejected('step-running');
    given(started, completed).when(start(1)).thenRejected('attempt-out-of-order');
    given(started, completed).when(start(2)).thenTypes('BuildStepStarted');
  });

  it('completes once, whatever is reported again', () => {
    given(started).when(complete).then(completed);
    given(started, completed).when(complete).thenNothing();
    given().when(complete).thenRejected('step-not-running');
  });

  it('whose failure is its own is not tried again until that is cleared', () => {
    given(started, failed).when(start(2)).thenRejected('cached-failure');
    given(started, failed).when({ type: 'ClearCachedFailure', at, data: cleared.data }).then(cleared);
    given(started, failed, cleared).when(start(2)).thenTypes('BuildStepStarted');
    given(started, completed).when({ type: 'ClearCachedFailure', at, data: cleared.data }).thenNothing();
  });

  it('counts its retryable failures in a row, but not the death of a worker', () => {
    expect(given(started, aborted).state.tries).toBe(1);
    const lost = { ...aborted, data: { ...aborted.data, interrupted: true } };
    expect(given(started, lost).state.tries).toBe(0);
    expect(given(started, aborted, started, completed).state.tries).toBe(0);
  });

  it('has its stream named by the base name of its derivation', () => {
    expect(stepStream('/nix/store/abc-hello.drv')).toBe('step-abc-hello.drv');
  });
});
