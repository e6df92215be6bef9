import fc from 'fast-check';
import type { JobsetConfiguration, PresentJobset } from '#domain';
import { byUrgency, type Candidate, whatIsDue } from './due.js';

const candidate = (jobsetId: number, more: Partial<Candidate> = {}): Candidate => ({
  project: 'p',
  name: `j${jobsetId}`,
  jobsetId,
  ...more,
});
const at = (minute: number): string => `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`;

describe('the order of evaluations', () => {
  it('takes the earliest trigger first, then who waited longest for a look, then the lowest id', () => {
    const expected = [
      candidate(9, { triggeredAt: at(1), lastCheckedAt: at(30) }),
      candidate(8, { triggeredAt: at(2) }),
      candidate(6),
      candidate(7),
      candidate(3, { lastCheckedAt: at(4) }),
      candidate(1, { lastCheckedAt: at(5) }),
      candidate(2, { lastCheckedAt: at(5) }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(expected, { minLength: expected.length }), (shuffled) => {
        expect([...shuffled].sort(byUrgency)).toEqual(expected);
      }),
    );
  });
});

describe('whether a jobset is due', () => {
  const configuration = { mode: 'enabled', checkInterval: 60, inputs: {} } as unknown as JobsetConfiguration;
  const present: PresentJobset = { status: 'present', jobsetId: 1, project: 'p', name: 'j', configuration };
  const disabled: PresentJobset = { ...present, configuration: { ...configuration, mode: 'disabled' } };

  it('says poll once the interval has passed, and not before', () => {
    expect(whatIsDue({ ...present, lastCheckedAt: at(1) }, at(2))).toMatchObject({ due: true, cause: 'poll' });
    expect(whatIsDue({ ...present, lastCheckedAt: at(1) }, '2026-01-02T03:01:59.999Z')).toEqual({ due: false });
  });
  it('says trigger whatever the interval', () => {
    const pushed = { ...present, lastCheckedAt: at(1), trigger: { force: false, at: at(1) } };
    expect(whatIsDue(pushed, at(1))).toMatchObject({ due: true, cause: 'trigger' });
  });
  it('names the evaluation that is in the way', () => {
    const running = { evaluationId: 5, startedAt: at(0), force: false };
    expect(whatIsDue({ ...present, running }, at(9))).toEqual({ due: false, running: 5 });
  });
  it('lets a disabled jobset be evaluated by force only', () => {
    expect(whatIsDue({ ...disabled, trigger: { force: false, at: at(0) } }, at(1))).toEqual({ due: false });
    expect(whatIsDue({ ...disabled, trigger: { force: true, at: at(0) } }, at(1))).toMatchObject({
      due: true,
      cause: 'trigger',
    });
    expect(whatIsDue(disabled, at(59))).toEqual({ due: false });
  });
  it('never says yes to a jobset that is gone', () => {
    const to = { project: 'p', name: 'k' };
    for (const state of [
      { status: 'absent' },
      { status: 'deleted' },
      { status: 'renamed', to, moved: { jobsetId: 1, from: { project: 'p', name: 'j' }, to, configuration } },
    ] as const) {
      expect(whatIsDue(state, at(1))).toEqual({ due: false });
    }
  });
});
