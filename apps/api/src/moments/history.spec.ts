import type { JobsetEvent } from '#domain';
import { examples } from '../../../../libs/domain/testing/examples.js';
import { type JobsetTrouble, troubleAfter } from './history.js';

const { EvaluationRan, EvaluationSkipped, EvaluationFailed, SpecificationApplied } = examples;
const failed = (kind: 'fetch' | 'evaluation' | 'interrupted', finishedAt: string): JobsetEvent => ({
  ...EvaluationFailed,
  data: { ...EvaluationFailed.data, kind, error: `no ${kind}`, finishedAt },
});
const told = (...events: readonly JobsetEvent[]) =>
  events.reduce<JobsetTrouble | undefined>((trouble, event) => troubleAfter(trouble, event), undefined);
const AT = '2026-01-01T00:00:01.000Z';
const broken = failed('evaluation', AT);

describe('what was wrong with a jobset at a moment, as its page said then', () => {
  it('is nothing after an evaluation that ran, and the time of that', () => {
    const errorTimeMs = Date.parse(EvaluationRan.data.finishedAt);
    expect(told(broken, EvaluationRan)).toEqual({ errorMsg: '', fetchErrorMsg: '', errorTimeMs });
  });
  it('stays after an evaluation that was skipped, but for what could not be fetched', () => {
    const after = told(broken, failed('fetch', '2026-01-01T00:00:02.000Z'), EvaluationSkipped);
    expect(after).toEqual({ errorMsg: 'no evaluation', fetchErrorMsg: '', errorTimeMs: Date.parse(AT) });
  });
  it('stands beside what could not be fetched', () => {
    const after = told(broken, failed('fetch', '2026-01-01T00:00:02.000Z'), failed('interrupted', AT));
    expect(after).toEqual({ errorMsg: 'no evaluation', fetchErrorMsg: 'no fetch', errorTimeMs: Date.parse(AT) });
  });
  it('is what a generated specification had, beside what could not be fetched since', () => {
    const { data } = SpecificationApplied;
    const applied = { ...SpecificationApplied, data: { ...data, buildId: 7, problems: ['a', 'b'], appliedAt: AT } };
    const after = told(failed('fetch', AT), applied);
    expect(after).toEqual({ errorMsg: 'a\nb', fetchErrorMsg: 'no fetch', errorTimeMs: Date.parse(AT) });
  });
});
