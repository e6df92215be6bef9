import { at, examples } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { evaluation } from './decider.js';

const { given } = deciderSpec(evaluation);
const { EvaluationJobsFound: jobs, EvaluationErrorsFound: errors, EvaluationReleased: released } = examples;

describe('an evaluation', () => {
  it('records its chunks in order, each once', () => {
    given().when({ type: 'RecordJobs', at, data: jobs.data }).then(jobs);
    given(jobs).when({ type: 'RecordJobs', at, data: jobs.data }).thenNothing();
    given(jobs).when({ type: 'RecordErrors', at, data: errors.data }).then(errors);
    given().when({ type: 'RecordErrors', at, data: errors.data }).thenRejected('chunk-out-of-order');
  });

  it('is released under one name, and the release can be taken back', () => {
    const release = { type: 'ReleaseEvaluation', at, data: { evaluationId: 11, name: 'demo-1.0' } } as const;
    given(jobs).when(release).then(released);
    given(jobs, released).when(release).thenNothing();
    given(jobs, released)
      .when({ ...release, data: { evaluationId: 11, name: 'other' } })
      .thenRejected('already-released');
    given(jobs)
      .when({ ...release, data: { evaluationId: 11, name: 'with space' } })
      .thenRejected('invalid-name', 'name');
    given().when(release).thenRejected('evaluation-absent');
    const revoke = { type: 'RevokeRelease', at, data: { evaluationId: 11 } } as const;
    given(jobs, released).when(revoke).then(examples.ReleaseRevoked);
    given(jobs, released, examples.ReleaseRevoked).when(revoke).thenRejected('not-released');
  });
});
