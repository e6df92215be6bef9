import { releaseRecord as record } from '../../testing/release-record.js';
import { checkEvaluationRecord, lineageOf, type RecordEvent } from './evaluation-record.js';

const broken = (events: readonly RecordEvent[]) =>
  checkEvaluationRecord(7, events)
    .filter(({ ok }) => !ok)
    .map(({ rule }) => rule);
const change = (index: number, data: object): RecordEvent[] =>
  record().map((event, i) => (i === index ? ({ ...event, data: { ...event.data, ...data } } as RecordEvent) : event));

const source = { name: 'src', type: 'git', value: 'https://example.org/x main', revision: 'a'.repeat(40) };
/** Where the clone pins its input to a revision. */
const pinned = (events: RecordEvent[]): RecordEvent[] => {
  const [opened, ...rest] = events;
  const { configuration } = (opened as unknown as { data: { configuration: { inputs: { src: object } } } }).data;
  const src = { ...configuration.inputs.src, value: `https://example.org/x ${'b'.repeat(40)}` };
  const data = { ...opened!.data, configuration: { ...configuration, inputs: { src } } };
  return [{ ...opened!, data } as unknown as RecordEvent, ...rest];
};

describe('the record of a release', () => {
  it('holds where the farm kept its rules', () => {
    expect(checkEvaluationRecord(7, record())).toHaveLength(7);
    expect(broken(record())).toEqual([]);
  });

  it.each([
    ['an event of the jobset is taken out', record().filter((_, i) => i !== 1), ['whole-streams', 'asked-for']],
    [
      'it was evaluated with another value of an input',
      change(3, { inputs: [{ name: 'src', type: 'git', value: 'https://evil.example/x' }] }),
      ['configured-inputs'],
    ],
    [
      'it was evaluated from another expression',
      change(3, { expression: { input: 'src', path: 'evil.nix' } }),
      ['configured-inputs'],
    ],
    ['an input was left out', change(3, { inputs: [] }), ['configured-inputs']],
    [
      'a value is said to be cut that is not long',
      change(3, { inputs: [{ name: 'src', type: 'git', value: '…' }] }),
      ['configured-inputs'],
    ],
    [
      'an input was fetched from elsewhere',
      change(3, { inputs: [{ ...source, uri: 'https://evil.example/x' }] }),
      ['configured-inputs'],
    ],
    [
      'another revision was fetched than the one that is pinned',
      pinned(change(3, { inputs: [{ ...source, value: `https://example.org/x ${'b'.repeat(40)}` }] })),
      ['configured-inputs'],
    ],
    [
      'the beginning of the jobset is cut off',
      record().map((event) => (event.stream === 'evaluation-7' ? event : { ...event, revision: event.revision + 3 })),
      ['whole-streams'],
    ],
    [
      'an event of another jobset is put in',
      [{ ...record()[1]!, stream: 'jobset-p:other', revision: 0 }, ...record()],
      ['whole-streams'],
    ],
    ['an event of another evaluation is put in', change(6, { evaluationId: 8 }), ['whole-streams']],
    ['a job was added or left out', change(5, { jobs: [] }), ['all-jobs']],
    ['the one-shot was not disabled', record().filter((_, i) => i !== 4), ['one-shot']],
    [
      'the evaluation is not reported',
      record().filter(({ type }) => type !== 'EvaluationRan'),
      ['whole-streams', 'one-evaluation'],
    ],
    [
      'it was released before it was evaluated',
      record().map((event) =>
        event.type === 'EvaluationReleased'
          ? { ...event, metadata: { ...event.metadata, at: '2000-01-01T00:00:00.000Z' } }
          : event,
      ),
      ['released'],
    ],
  ])('does not hold where %s', (_, events, rules) => {
    expect(broken(events)).toEqual(rules);
  });

  it('holds where single jobs could not be evaluated, and says how many', () => {
    const events = record();
    const found = events.findIndex(({ type }) => type === 'EvaluationJobsFound');
    const errors = {
      ...events[found]!,
      type: 'EvaluationErrorsFound',
      revision: 1,
      data: { evaluationId: 7, jobsetId: 1, chunk: 1, errors: [{ job: 'evil', message: 'error: no' }] },
    } as RecordEvent;
    const told = (said: number): RecordEvent[] =>
      events.flatMap((event, i): RecordEvent[] => {
        if (event.type === 'EvaluationRan') return [{ ...event, data: { ...event.data, errors: said } }];
        if (i === found) return [event, errors];
        return [i > found ? { ...event, revision: event.revision + 1 } : event];
      });
    expect(broken(told(1))).toEqual([]);
    expect(broken(told(0))).toEqual(['all-jobs']);
  });

  it('holds where the jobset was configured to something else while it was evaluated', () => {
    const [opened, asked, started, ran, , ...rest] = record();
    const { configuration } = (opened as { data: { configuration: object } }).data;
    const change = {
      configuration: { ...configuration, source: { type: 'expression', input: 'src', path: 'other.nix' } },
    };
    const configured = { ...opened!, type: 'JobsetConfigured', data: change } as unknown as RecordEvent;
    const events = [opened!, asked!, started!, configured, ran!].map((event, revision) => ({ ...event, revision }));
    expect(broken([...events, ...rest])).toEqual([]);
  });

  it('does not hold where a one-shot was evaluated twice', () => {
    const [opened, asked, started, ran, disabled, ...rest] = record();
    const again = [started!, { ...ran!, data: { ...ran!.data, evaluationId: 6 } } as RecordEvent];
    const events = [opened!, asked!, ...again, started!, ran!, disabled!].map((event, revision) => ({
      ...event,
      revision,
    }));
    expect(broken([...events, ...rest])).toContain('one-shot');
  });

  it('does not hold where a spent one-shot was evaluated without being armed, or armed by an edit of its description', () => {
    const [opened, asked, started, ran, disabled, ...rest] = record();
    const first = [asked!, started!, { ...ran!, data: { ...ran!.data, evaluationId: 6 } } as RecordEvent];
    const { configuration } = (opened as { data: { configuration: object } }).data;
    const edited = {
      ...opened!,
      type: 'JobsetConfigured',
      data: { configuration: { ...configuration, description: 'x' } },
    } as unknown as RecordEvent;
    const placed = (...events: RecordEvent[]) => [
      ...events.map((event, revision) => ({ ...event, revision })),
      ...rest,
    ];
    const evaluated = [asked!, started!, ran!];
    expect(broken(placed(opened!, ...first, disabled!, ...evaluated))).toEqual(['one-shot']);
    expect(broken(placed(opened!, ...first, edited, ...evaluated, disabled!))).toEqual(['one-shot']);
  });

  it('tells its lineage from the clone to the release', () => {
    expect(lineageOf(7, record()).map(({ type }) => type)).toEqual([
      'JobsetCloned',
      'EvaluationTriggered',
      'EvaluationStarted',
      'EvaluationRan',
      'JobsetDisabled',
      'EvaluationReleased',
    ]);
  });
});
