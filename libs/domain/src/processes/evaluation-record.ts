import type { EvaluationEvent } from '../evaluation/index.js';
import { evaluationStream } from '../evaluation/index.js';
import {
  DECLARATION_INPUT,
  type EvaluationRan,
  evolveJobset,
  type JobsetConfiguration,
  type JobsetEvent,
  type JobsetState,
} from '../jobset/index.js';

import type { Metadata } from '../kernel/index.js';

/** An event as an outsider gets it: with its place, so that a gap shows. */
export type RecordEvent = (JobsetEvent | EvaluationEvent) &
  Readonly<{ id: string; stream: string; revision: number; metadata: Metadata }>;

/** What one rule says about the record of an evaluation. */
export type Finding = Readonly<{ rule: RecordRule; ok: boolean; detail: string }>;

export type RecordRule =
  'whole-streams' | 'one-evaluation' | 'configured-inputs' | 'one-shot' | 'asked-for' | 'all-jobs' | 'released';

type Ran = Extract<RecordEvent, { type: 'EvaluationRan' }>;

const finding = (rule: RecordRule, problems: readonly string[], fine: string): Finding =>
  problems.length === 0 ? { rule, ok: true, detail: fine } : { rule, ok: false, detail: problems.join('; ') };

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const wholeStreams = (events: readonly RecordEvent[]): Finding => {
  const next = new Map<string, number>();
  const problems: string[] = [];
  for (const { stream, revision } of events) {
    const expected = next.get(stream) ?? revision;
    if (revision !== expected) problems.push(`${stream}: revision ${expected} is missing`);
    next.set(stream, revision + 1);
  }
  const fine = [...next].map(([stream, end]) => `${stream} up to revision ${end - 1}`).join(', ');
  return finding('whole-streams', problems, `no revision is missing: ${fine}`);
};

const differences = (configuration: JobsetConfiguration, { data }: Ran): string[] => {
  const { source, inputs } = configuration;
  const problems: string[] = [];
  if (source.type === 'flake') {
    if (data.flake === undefined) problems.push('a flake was configured, something else was evaluated');
    return problems;
  }
  const { expression } = data;
  if (source.type === 'declarative') {
    // What else it was evaluated with stands in the specification, at the revision of this input.
    const { type, value } = inputs[DECLARATION_INPUT] ?? {};
    const declared = data.inputs.find(({ name }) => name === 'declInput');
    if (declared?.type !== type || declared?.value !== value)
      problems.push('the specification is not from where it was configured');
    return problems;
  }
  if (expression?.input !== source.input || expression.path !== source.path)
    problems.push(`configured was ${source.path} in ${source.input}, evaluated was another expression`);
  for (const { name, type, value } of data.inputs) {
    const configured = inputs[name];
    // A very long value is cut in the event of the evaluation.
    const same =
      configured &&
      (configured.value === value || (value.endsWith('…') && configured.value.startsWith(value.slice(0, -1))));
    if (!configured || configured.type !== type || !same) problems.push(`input ${name} is not as it was configured`);
  }
  return problems;
};

/** Events that say in which mode the jobset goes on. */
const modeOf = (event: RecordEvent): string | undefined => {
  if (event.type === 'JobsetEnabled') return event.data.mode;
  if (event.type === 'JobsetDisabled') return 'disabled';
  const holds = ['JobsetCreated', 'JobsetCloned', 'JobsetConfigured', 'JobsetRenamed'].includes(event.type);
  return holds ? (event.data as { configuration: JobsetConfiguration }).configuration.mode : undefined;
};

/** `started`, `ended`: the jobset when the evaluation started and when it was reported. */
const oneShot = (
  jobset: readonly RecordEvent[],
  { ran, start }: Readonly<{ ran: Ran; start: number }>,
  { started, ended }: Readonly<{ started: JobsetState; ended: JobsetState }>,
): Finding => {
  if (started.status !== 'present' || started.configuration.mode !== 'one-shot')
    return finding('one-shot', [], 'the jobset was no one-shot: it may be evaluated again');
  const after = jobset[jobset.indexOf(ran) + 1];
  const disabled = after?.type === 'JobsetDisabled' && after.data.cause === 'one-shot-evaluated';
  const problems: string[] = [];
  if (ended.status === 'present' && ended.running?.spends === undefined)
    return finding('one-shot', [], 'armed once more while it was evaluated, for something else or on purpose');
  if (!disabled) problems.push('the evaluation did not disable the jobset in the same append');
  let armed = start;
  while (armed > 0 && modeOf(jobset[armed]!) !== 'one-shot') armed -= 1;
  const others = jobset.slice(armed, start).filter(({ type }) => type === 'EvaluationRan').length;
  if (others > 0) problems.push(`it was evaluated ${others + 1} times since it was armed`);
  return finding('one-shot', problems, 'armed once, evaluated once, disabled by the evaluation itself');
};

const allJobs = (evaluation: readonly RecordEvent[], { data }: Ran): Finding => {
  const found = evaluation.flatMap((event) => (event.type === 'EvaluationJobsFound' ? event.data.jobs : []));
  const errors = evaluation.flatMap((event) => (event.type === 'EvaluationErrorsFound' ? event.data.errors : []));
  // The report counts those with jobs; those with errors stand among them, and count by their errors.
  const chunks = evaluation.flatMap((event) => (event.type === 'EvaluationJobsFound' ? [event.data.chunk] : []));
  const newBuilds = found.filter(({ description }) => description !== undefined).length;
  const differ = (what: string, said: number, are: number): string[] =>
    said === are ? [] : [`${said} ${what} were reported, ${are} stand in the record`];
  const problems = [
    ...differ('chunks', data.chunks, new Set(chunks).size),
    ...differ('jobs', data.jobs, found.length),
    ...differ('new builds', data.newBuilds, newBuilds),
    ...differ('errors', data.errors, errors.length),
    ...(new Set(found.map(({ job }) => job)).size === found.length ? [] : ['a job stands in it twice']),
  ];
  return finding(
    'all-jobs',
    problems,
    `${counted(found.length, 'job')} with derivations and output paths, ${counted(errors.length, 'error')}`,
  );
};

const released = (evaluation: readonly RecordEvent[], { data }: Ran): Finding => {
  const marks = evaluation.filter(({ type }) => type === 'EvaluationReleased' || type === 'ReleaseRevoked');
  const last = marks.at(-1);
  if (last === undefined) return finding('released', [], 'it is no release');
  const problems = marks.flatMap((mark) => [
    ...(mark.metadata.reason ? [] : [`revision ${mark.revision} has no reason`]),
    ...(mark.metadata.at < data.finishedAt ? [`revision ${mark.revision} is older than the evaluation`] : []),
  ]);
  const { name } = last.data as { name: string };
  const state = last.type === 'EvaluationReleased' ? `released as ${name}` : `the release ${name} was revoked`;
  return finding('released', problems, state);
};

const askedFor = (jobset: readonly RecordEvent[], ran: Ran): Finding => {
  const started = jobset.find(
    (event) => event.type === 'EvaluationStarted' && event.data.evaluationId === ran.data.evaluationId,
  );
  if (started?.type !== 'EvaluationStarted')
    return finding('asked-for', ['no start of the evaluation is recorded'], '');
  if (started.data.cause === 'poll') return finding('asked-for', [], 'a poll of the inputs led to it');
  const before = jobset.slice(0, jobset.indexOf(started));
  const asked = before.filter(({ type }) => type === 'EvaluationTriggered').at(-1);
  if (asked?.type === 'EvaluationTriggered')
    return finding(
      'asked-for',
      [],
      `asked for by ${asked.metadata.actor.kind} ${asked.metadata.actor.id} (${asked.data.cause})`,
    );
  const carried = before.some((event) => event.type === 'JobsetRenamed' && event.data.trigger !== undefined);
  return finding('asked-for', carried ? [] : ['nobody asked for it'], 'asked for under the jobset’s name before');
};

/**
 * Checks the record of an evaluation, as `GET /eval/N/audit` gives it, by the rules that a farm keeps: nothing but the record is
 * needed, and nobody is trusted. `events`: the jobset's stream up to the evaluation, and the whole stream of the evaluation, each in
 * the order of its revisions. Never throws on events that have their schema.
 */
export const checkEvaluationRecord = (evaluationId: number, events: readonly RecordEvent[]): Finding[] => {
  const own = evaluationStream(evaluationId);
  const evaluation = events.filter(({ stream }) => stream === own);
  const jobset = events.filter(({ stream }) => stream !== own);
  const all = jobset.filter(
    (event): event is Ran & RecordEvent => event.type === 'EvaluationRan' && event.data.evaluationId === evaluationId,
  );
  const [ran] = all;
  const once = finding(
    'one-evaluation',
    all.length === 1 ? [] : [`the evaluation is reported ${all.length} times`],
    'reported once',
  );
  if (ran === undefined) return [wholeStreams(events), once];
  const end = jobset.indexOf(ran);
  // What is evaluated is what was configured when it started, whatever is changed in between.
  const starts = jobset
    .slice(0, end)
    .flatMap(({ type, data }, index) =>
      type === 'EvaluationStarted' && data.evaluationId === evaluationId ? [index] : [],
    );
  const start = starts.at(-1) ?? end;
  const stateAt = (index: number): JobsetState => {
    let state: JobsetState = { status: 'absent' };
    for (const event of jobset.slice(0, index)) state = evolveJobset(state, event as JobsetEvent);
    return state;
  };
  const [started, ended] = [stateAt(start), stateAt(end)];
  const configuration = started.status === 'present' ? started.configuration : undefined;
  const asConfigured = configuration ? differences(configuration, ran) : ['the jobset was not there'];
  return [
    wholeStreams(events),
    once,
    finding('configured-inputs', asConfigured, `${counted(ran.data.inputs.length, 'input')} as configured`),
    askedFor(jobset, ran),
    oneShot(jobset, { ran, start }, { started, ended }),
    allJobs(evaluation, ran),
    released(evaluation, ran),
  ];
};

/** The events that made an evaluation what it is: how its jobset came to be, who asked, what came of it, its release. */
export const lineageOf = (evaluationId: number, events: readonly RecordEvent[]): RecordEvent[] => {
  const ran = events.findIndex(
    (event) => event.type === 'EvaluationRan' && (event as EvaluationRan).data.evaluationId === evaluationId,
  );
  const jobset = events.slice(0, ran + 2);
  const opens = ['JobsetCreated', 'JobsetCloned', 'JobsetRenamed', 'JobsetConfigured', 'JobsetEnabled'];
  const asked = jobset.filter(({ type }) => type === 'EvaluationTriggered').at(-1);
  return events.filter((event, index) => {
    if (event.type === 'EvaluationReleased' || event.type === 'ReleaseRevoked') return true;
    if (event === asked || index === ran) return true;
    if (event.type === 'EvaluationStarted') return event.data.evaluationId === evaluationId;
    if (event.type === 'JobsetDisabled') return index <= ran + 1;
    return index < ran && opens.includes(event.type);
  });
};
