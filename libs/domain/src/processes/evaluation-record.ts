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

/** `own`: the evaluation's stream; the only other one is that of its jobset. */
const wholeStreams = (events: readonly RecordEvent[], own: string, evaluationId: number, ran?: Ran): Finding => {
  const next = new Map<string, number>();
  const problems: string[] = [];
  for (const { stream, revision } of events) {
    const expected = next.get(stream) ?? 0;
    if (revision !== expected) problems.push(`${stream}: revision ${expected} is missing`);
    next.set(stream, revision + 1);
  }
  const jobset = ran?.stream ?? [...next.keys()].find((stream) => stream !== own);
  for (const stream of next.keys())
    if (stream !== own && stream !== jobset) problems.push(`${stream} is not the stream of the jobset`);
  for (const { stream, revision, data } of events) {
    if (stream !== own) continue;
    const of = data as { evaluationId?: number; jobsetId?: number };
    const strange = of.evaluationId !== evaluationId || (ran && of.jobsetId && of.jobsetId !== ran.data.jobsetId);
    if (strange) problems.push(`${stream}: revision ${revision} is about something else`);
  }
  const fine = [...next].map(([stream, end]) => `${stream} up to revision ${end - 1}`).join(', ');
  return finding('whole-streams', problems, `no revision is missing: ${fine}`);
};

/** What the event of an evaluation keeps at least of a value that it cuts, in characters. */
const KEPT = 200;

/** What was fetched against what was asked for, where that leaves no choice: the address, and a revision that is pinned. */
const fetchedAsConfigured = (
  { type, uri, revision }: Ran['data']['inputs'][number],
  configured: JobsetConfiguration['inputs'][string],
): boolean => {
  if (type !== 'git' && type !== 'hg' && type !== 'path') return true;
  const [address, ...words] = configured.value.trim().split(/\s+/);
  const wanted = words.find((word) => !word.includes('='));
  const pinned = type !== 'path' && wanted !== undefined && /^[0-9a-f]{40}$/.test(wanted) ? wanted : undefined;
  return (uri === undefined || uri === address) && (!revision || pinned === undefined || revision === pinned);
};

const inputDifferences = (configured: JobsetConfiguration['inputs'], { data }: Ran): string[] => {
  const problems: string[] = [];
  for (const input of data.inputs) {
    const { name, type, value } = input;
    const asked = Object.hasOwn(configured, name) ? configured[name] : undefined;
    // A very long value is cut in the event of the evaluation.
    const cut = value.length > KEPT && value.endsWith('…');
    const same = asked && (asked.value === value || (cut && asked.value.startsWith(value.slice(0, -1))));
    if (!asked || asked.type !== type || !same) problems.push(`input ${name} is not as it was configured`);
    else if (!fetchedAsConfigured(input, asked)) problems.push(`input ${name} was fetched from somewhere else`);
  }
  const evaluated = data.inputs.map(({ name }) => name);
  if (new Set(evaluated).size < evaluated.length) problems.push('an input stands in it twice');
  // A build that is not there yet is left out.
  for (const [name, { type }] of Object.entries(configured))
    if (type !== 'build' && !evaluated.includes(name))
      problems.push(`input ${name} was configured, and not evaluated with`);
  return problems;
};

const differences = (configuration: JobsetConfiguration, ran: Ran): string[] => {
  const { source, inputs } = configuration;
  const { data } = ran;
  if (source.type === 'flake')
    return data.flake === undefined ? ['a flake was configured, something else was evaluated'] : [];
  const { expression } = data;
  if (source.type === 'declarative') {
    // What else it was evaluated with stands in the specification, at the revision of this input.
    const { type, value } = inputs[DECLARATION_INPUT] ?? {};
    const declared = data.inputs.find(({ name }) => name === 'declInput');
    return declared?.type !== type || declared?.value !== value
      ? ['the specification is not from where it was configured']
      : [];
  }
  const other = expression?.input !== source.input || expression.path !== source.path;
  return [
    ...(other ? [`configured was ${source.path} in ${source.input}, evaluated was another expression`] : []),
    ...inputDifferences(inputs, ran),
  ];
};

/** A flake's lock is chosen by who evaluates it: reading both is for people. */
const configuredAs = (configuration: JobsetConfiguration | undefined, { data }: Ran): string =>
  configuration?.source.type === 'flake'
    ? `configured was the flake ${configuration.source.url}, evaluated was ${data.flake}`
    : `${counted(data.inputs.length, 'input')} as configured`;

/** Evaluations that a one-shot was armed for, and that did not disable it. */
const undisabled = (jobset: readonly RecordEvent[]): number[] => {
  const found: number[] = [];
  let state: JobsetState = { status: 'absent' };
  jobset.forEach((event, index) => {
    if (event.type === 'EvaluationRan' && state.status === 'present' && state.running?.spends) {
      const after = jobset[index + 1];
      if (after?.type !== 'JobsetDisabled' || after.data.cause !== 'one-shot-evaluated')
        found.push(event.data.evaluationId);
    }
    state = evolveJobset(state, event as JobsetEvent);
  });
  return found;
};

/** `started`, `ended`: the jobset when the evaluation started and when it was reported. */
const oneShot = (
  jobset: readonly RecordEvent[],
  ran: Ran,
  { started, ended }: Readonly<{ started: JobsetState; ended: JobsetState }>,
): Finding => {
  if (started.status === 'present' && started.spent)
    return finding('one-shot', ['the one-shot had its evaluation, and nobody armed it again'], '');
  if (started.status !== 'present' || started.configuration.mode !== 'one-shot')
    return finding('one-shot', [], 'the jobset was no one-shot: it may be evaluated again');
  if (ended.status === 'present' && ended.running?.spends === undefined)
    return finding('one-shot', [], 'armed once more while it was evaluated, for something else or on purpose');
  const problems = undisabled(jobset.slice(0, jobset.indexOf(ran) + 2)).map((evaluationId) =>
    evaluationId === ran.data.evaluationId
      ? 'the evaluation did not disable the jobset in the same append'
      : `evaluation ${evaluationId} before it did not disable the jobset`,
  );
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
  if (ran === undefined) return [wholeStreams(events, own, evaluationId), once];
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
    wholeStreams(events, own, evaluationId, ran),
    once,
    finding('configured-inputs', asConfigured, configuredAs(configuration, ran)),
    askedFor(jobset, ran),
    oneShot(jobset, ran, { started, ended }),
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
