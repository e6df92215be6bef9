import { at, examples, jobsetConfiguration as configuration, jobsetIdentity } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { jobset } from './decider.js';
import type { JobsetConfiguration, JobsetEvent } from './events.js';

const { given } = deciderSpec(jobset);
const quiet: JobsetConfiguration = { ...configuration, checkInterval: 0 };
const created = (change: Partial<JobsetConfiguration> = {}): JobsetEvent => ({
  type: 'JobsetCreated',
  data: { ...jobsetIdentity, configuration: { ...quiet, ...change } },
});
const { EvaluationTriggered: triggered, EvaluationStarted: started, EvaluationRan: ran } = examples;
const { chunks, evaluationId, hash, inputs, jobs, newBuilds, errors, hasNewBuilds, checkoutMs, evaluationMs } =
  ran.data;
const report = {
  type: 'ReportEvaluation',
  at,
  data: {
    chunks,
    evaluationId,
    hash,
    inputs,
    jobs,
    newBuilds,
    errors,
    hasNewBuilds,
    checkoutMs,
    evaluationMs,
    expression: ran.data.expression!,
  },
} as const;
const start = { type: 'StartEvaluation', at, data: { evaluationId: 11, cause: 'trigger' } } as const;
const push = (force = false) => ({ type: 'TriggerEvaluation', at, data: { force, cause: 'push' } }) as const;
const fail = (kind: 'fetch' | 'evaluation' | 'interrupted') =>
  ({ type: 'ReportEvaluationFailure', at, data: { evaluationId: 11, kind, error: 'no' } }) as const;

describe('creating and configuring a jobset', () => {
  it('asks for an evaluation when it is polled, and only then', () => {
    given()
      .when({ type: 'CreateJobset', at, data: { ...jobsetIdentity, configuration } })
      .thenTypes('JobsetCreated', 'EvaluationTriggered');
    given()
      .when({ type: 'CreateJobset', at, data: { ...jobsetIdentity, configuration: quiet } })
      .thenTypes('JobsetCreated');
    given()
      .when({
        type: 'CreateJobset',
        at,
        data: { ...jobsetIdentity, configuration: { ...configuration, mode: 'disabled' } },
      })
      .thenTypes('JobsetCreated');
  });

  it('is refused where the name stands already', () => {
    given(created())
      .when({ type: 'CreateJobset', at, data: { ...jobsetIdentity, configuration } })
      .thenRejected('jobset-exists', 'name');
  });

  it('says a changed share as an event of its own', () => {
    given(created())
      .when({ type: 'ConfigureJobset', at, data: { configuration: { ...quiet, shares: 50 } } })
      .then(
        { type: 'JobsetConfigured', data: { ...jobsetIdentity, configuration: { ...quiet, shares: 50 } } },
        examples.ShareChanged,
      );
    given(created())
      .when({ type: 'ChangeShare', at, data: { shares: 50 } })
      .then(examples.ShareChanged);
    given(created())
      .when({ type: 'ChangeShare', at, data: { shares: 100 } })
      .thenNothing();
  });

  it.each<[string, Partial<JobsetConfiguration>]>([
    ['schedulingshares', { shares: 0 }],
    ['schedulingshares', { shares: 1.5 }],
    ['checkinterval', { checkInterval: -1 }],
    ['keepnr', { keepEvaluations: Number.NaN }],
    ['nixexprpath', { source: { type: 'expression', input: 'src', path: '../release.nix' } }],
    ['nixexprpath', { source: { type: 'expression', input: 'src', path: '/release.nix' } }],
    ['nixexprinput', { source: { type: 'expression', input: 'nixpkgs', path: 'release.nix' } }],
    ['nixexprinput', { source: { type: 'expression', input: 'toString', path: 'release.nix' } }],
    ['flake', { source: { type: 'flake', url: './here' } }],
    ['inputs.src.value', { inputs: { src: { type: 'git', value: '--upload-pack=evil', emailResponsible: false } } }],
    ['inputs.src.value', { inputs: { src: { type: 'git', value: 'a\nb', emailResponsible: false } } }],
    [
      'inputs.flag.value',
      { inputs: { ...quiet.inputs, flag: { type: 'boolean', value: 'yes', emailResponsible: false } } },
    ],
    ['inputs.9x', { inputs: { ...quiet.inputs, '9x': { type: 'string', value: '', emailResponsible: false } } }],
  ])('is refused whole with the field %s named', (field, change) => {
    const command = { type: 'ConfigureJobset', at, data: { configuration: { ...quiet, ...change } } } as const;
    expect(jobset.decide(command, given(created()).state)).toMatchObject({
      rejected: expect.stringMatching(/^invalid/),
      field,
    });
  });

  it('is not possible for a jobset that is absent or deleted', () => {
    given().when({ type: 'ConfigureJobset', at, data: { configuration } }).thenRejected('jobset-absent');
    given(created(), examples.JobsetDeleted).when(push()).thenRejected('jobset-absent');
  });
});

describe('asking for an evaluation', () => {
  it('is one wish however often it is said, and force is kept', () => {
    given(created()).when(push()).then(triggered);
    given(created(), triggered).when(push()).thenNothing();
    given(created(), triggered).when(push(true)).thenTypes('EvaluationTriggered');
    given(created(), triggered, { ...triggered, data: { ...triggered.data, force: true } })
      .when(push())
      .thenNothing();
  });

  it('needs force for a disabled jobset', () => {
    given(created({ mode: 'disabled' }))
      .when(push())
      .thenRejected('jobset-disabled');
    given(created({ mode: 'disabled' }))
      .when(push(true))
      .thenTypes('EvaluationTriggered');
  });
});

describe('an evaluation', () => {
  it('starts only when asked for or due, and one at a time', () => {
    given(created()).when(start).thenRejected('evaluation-not-due');
    given(created(), triggered).when(start).then(started);
    given(created(), triggered, started).when(start).thenRejected('evaluation-running');
    const poll = { ...start, data: { evaluationId: 11, cause: 'poll' as const } };
    given(created({ checkInterval: 300 }))
      .when(poll)
      .thenTypes('EvaluationStarted');
    given(created({ checkInterval: 300 }), triggered, started, ran)
      .when(poll)
      .thenRejected('evaluation-not-due');
    given(created({ checkInterval: 300 }), triggered, started, ran)
      .when({ ...poll, at: '2026-01-02T03:09:05.000Z' })
      .thenTypes('EvaluationStarted');
  });

  it('that ran is reported once, whatever is repeated', () => {
    given(created(), triggered, started).when(report).then(ran);
    given(created(), triggered, started, ran).when(report).thenNothing();
    given(created(), triggered).when(report).thenRejected('evaluation-not-running');
  });

  it('of a one-shot jobset disables it in the same append', () => {
    given(created({ mode: 'one-shot' }), triggered, started)
      .when(report)
      .then(ran, { type: 'JobsetDisabled', data: { ...jobsetIdentity, cause: 'one-shot-evaluated' } });
  });

  it.each(['fetch', 'evaluation'] as const)('that failed (%s) leaves a one-shot jobset armed', (kind) => {
    const history = given(created({ mode: 'one-shot' }), triggered, started)
      .when(fail(kind))
      .history();
    expect(given(...history).state).toMatchObject({ status: 'present', configuration: { mode: 'one-shot' } });
    expect(given(...history).state).not.toHaveProperty('running');
    expect(given(...history).state).not.toHaveProperty('trigger');
  });

  it('that was interrupted is wanted again, force included', () => {
    const forced = { ...started, data: { ...started.data, force: true } };
    const history = given(created(), { ...triggered, data: { ...triggered.data, force: true } }, forced)
      .when(fail('interrupted'))
      .history();
    expect(given(...history).state).toMatchObject({ trigger: { force: true, at } });
    given(...history)
      .when({ ...start, data: { evaluationId: 12, cause: 'trigger' } })
      .thenTypes('EvaluationStarted');
  });

  it('does not swallow a push that came while it ran', () => {
    const history = given(created(), triggered, started, triggered).when(report).history();
    given(...history)
      .when({ ...start, data: { evaluationId: 12, cause: 'trigger' } })
      .thenTypes('EvaluationStarted');
  });

  it('with new builds becomes the baseline, one without leaves it', () => {
    const second = { ...ran, data: { ...ran.data, evaluationId: 12, hasNewBuilds: false, hash: 'def' } };
    const again = { ...started, data: { ...started.data, evaluationId: 12 } };
    const { state } = given(created(), triggered, started, ran, triggered, again, second);
    expect(state).toMatchObject({ baseline: 11, last: { evaluationId: 12, hash: 'def' } });
  });
});

describe('renaming a jobset', () => {
  it('carries what the next evaluation needs into the new stream', () => {
    const renamed = given(created(), triggered, started, ran)
      .when({ type: 'RenameJobset', at, data: { to: { project: 'demo', name: 'trunk' } } })
      .history()
      .at(-1)!;
    expect(given(renamed).state).toMatchObject({
      status: 'present',
      name: 'trunk',
      baseline: 11,
      last: { hash: 'abc' },
      lastCheckedAt: ran.data.finishedAt,
    });
    const to = { project: 'demo', name: 'trunk' };
    expect(given(created(), renamed).state).toEqual({ status: 'renamed', to, moved: renamed.data });
  });

  it('waits for a running evaluation', () => {
    given(created(), triggered, started)
      .when({ type: 'RenameJobset', at, data: { to: { project: 'demo', name: 'trunk' } } })
      .thenRejected('evaluation-running');
  });
});
