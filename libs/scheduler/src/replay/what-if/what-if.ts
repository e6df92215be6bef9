import type { MachineConfiguration } from '#domain';
import { policyOf } from '../../policy.js';
import type { SchedulerOptions } from '../../scheduler.js';
import { type Happening, type Outcome, simulate, type SimulationInput } from '../../simulate.js';
import type { StepSpec } from '../../step.js';
import type { FarmHistory } from './history.js';
import { type Figures, type JobsetFigures, quantile, Tally } from './tally.js';

/** Other rules. What is left out stays as it was recorded. */
export type Changes = Readonly<{
  /** jobset to its shares, all the time */
  shares?: ReadonlyMap<number, number>;
  windowMs?: number;
  /** `window` (or `hydra`) or `clamped` */
  policy?: string;
  /** system to slots in all: the machines that build for it are replaced by one */
  slots?: ReadonlyMap<string, number>;
}>;

export type Verdict = 'wins' | 'loses' | 'same';

export type WhatIfAnswer = Readonly<{
  /** Unix milliseconds of the first and last moment */
  fromMs: number;
  toMs: number;
  recordedRules: SchedulerOptions;
  changedRules: SchedulerOptions;
  /** what really happened */
  real: Figures;
  /** the same history simulated by the recorded rules: how far it is from `real` is the simulation's error */
  recorded: Figures & Unfinished;
  changed: Figures & Unfinished;
  verdicts: readonly Readonly<{ jobsetId: number; jobset: string; verdict: Verdict }>[];
  /** attempts whose duration was guessed, in both simulations: the step never ran to its end in the log */
  guessed: number;
  notes: readonly string[];
}>;
type Unfinished = Readonly<{ /** builds that had not finished */ unfinished: number }>;

/** Durations closer than that part of each other are the same for a verdict. */
const SAME = 0.01;

/**
 * Runs a recorded history twice, by its own rules and by others. A generator, so that the caller can pause between any two events of
 * the simulation; it yields how much is done, from 0 to 1. Throws on a policy that is not known.
 */
export function* whatIf(history: FarmHistory, changes: Changes): Generator<number, WhatIfAnswer, void> {
  const recordedRules = history.rules;
  const changedRules: SchedulerOptions = {
    ...recordedRules,
    ...(changes.windowMs === undefined ? {} : { windowMs: changes.windowMs }),
    ...(changes.policy === undefined ? {} : { policy: policyOf({ policy: changes.policy }).name }),
  };
  const guessed = { count: 0 };
  const recorded = yield* run(history, {}, recordedRules, guessed, 0);
  const changed = yield* run(history, changes, changedRules, guessed, 0.5);
  return {
    fromMs: history.startedAtMs,
    toMs: history.endedAtMs,
    recordedRules,
    changedRules,
    real: history.tally.figures(),
    recorded,
    changed,
    verdicts: verdictsOf(history, recorded, changed),
    guessed: guessed.count,
    notes: notesOf(history, guessed.count),
  };
}

function* run(
  history: FarmHistory,
  changes: Changes,
  rules: SchedulerOptions,
  guessed: { count: number },
  done: number,
): Generator<number, Figures & Unfinished, void> {
  const tally = new Tally(history.queuedAt);
  const shares = new Map([...history.shares, ...(changes.shares ?? [])]);
  const input: SimulationInput = {
    startedAtMs: history.startedAtMs,
    shares,
    history: history.past,
    virtual: history.virtual,
    tags: history.tags,
    happenings: happeningsOf(history, changes, tally),
    outcomeOf: outcomesOf(history, guessed),
  };
  const span = Math.max(1, history.endedAtMs - history.startedAtMs);
  const simulation = simulate(input, rules);
  const retries = new Map<string, number>();
  let step = simulation.next();
  for (; !step.done; step = simulation.next()) {
    const event = step.value;
    if (event.kind === 'started') tally.started(event.drvPath, event.jobsetIds, event.atMs);
    else if (event.kind === 'ended') {
      const { drvPath, status, charges, startedAtMs, atMs } = event;
      const nth = (retries.get(drvPath) ?? 0) + 1;
      retries.set(drvPath, nth);
      const again = history.outcomes.get(drvPath)?.[nth - 1]?.retryAfterMs ?? 0;
      tally.ended(drvPath, status, charges, startedAtMs, atMs, atMs + again);
    } else if (event.end !== 'cancelled') tally.finished(event.buildId, event.jobsetId, event.atMs);
    yield done + 0.5 * Math.min(1, (event.atMs - history.startedAtMs) / span);
  }
  return { ...tally.figures(), unfinished: step.value.unfinished.length };
}

/** How long an attempt takes: as it did, else as long as the jobset's steps do at the median. */
const outcomesOf = (history: FarmHistory, guessed: { count: number }): SimulationInput['outcomeOf'] => {
  const medians = new Map([...history.durations].map(([id, all]) => [id, quantile(all, 0.5)]));
  const overall = quantile([...history.durations.values()].flat(), 0.5);
  return ({ step, nth }): Outcome => {
    const known = history.outcomes.get(step.drvPath) ?? [];
    const outcome = known[nth - 1];
    if (outcome) return outcome;
    const last = known.at(-1);
    if (last && last.retryAfterMs === undefined) return last;
    guessed.count += 1;
    const [jobsetId] = [...step.jobsetIds].sort((a, b) => a - b);
    return { ms: medians.get(jobsetId!) ?? overall, status: 'succeeded' };
  };
};

function* happeningsOf(history: FarmHistory, { shares, slots }: Changes, tally: Tally): Generator<Happening> {
  if (slots) yield* machinesOf(history, slots);
  for (const each of history.happenings) {
    if (each.kind === 'shares' && shares?.has(each.jobsetId)) continue;
    if (each.kind === 'build') tally.found(each.specs as readonly StepSpec[], each.atMs);
    if (each.kind !== 'machine' || slots === undefined) {
      yield each;
      continue;
    }
    const { event } = each;
    if (event.type !== 'MachineAdded' && event.type !== 'MachineChanged') {
      yield each;
      continue;
    }
    const { configuration } = event.data;
    const systems = configuration.systems.filter((system) => !slots.has(system));
    // One without a system builds nothing; it stays, so that what is said of it later finds it.
    yield { ...each, event: { ...event, data: { ...event.data, configuration: { ...configuration, systems } } } };
  }
}

/** One machine for each system that is given slots, with all features that any machine of the log offers. */
function* machinesOf(
  { happenings, startedAtMs }: FarmHistory,
  slots: ReadonlyMap<string, number>,
): Generator<Happening> {
  const features = new Set<string>();
  for (const each of happenings) {
    if (each.kind === 'machine' && (each.event.type === 'MachineAdded' || each.event.type === 'MachineChanged')) {
      const { configuration } = each.event.data;
      for (const feature of [...configuration.features, ...configuration.mandatoryFeatures]) features.add(feature);
    }
  }
  for (const [system, count] of slots) {
    const name = `what-if-${system}`;
    const configuration: MachineConfiguration = {
      uri: name,
      systems: [system],
      slots: count,
      speedFactor: 1,
      features: [...features],
      mandatoryFeatures: [],
    };
    const event = { type: 'MachineAdded', data: { name, source: 'rest', configuration } } as const;
    yield { kind: 'machine', atMs: startedAtMs, event };
  }
}

/** Who is better off: by the median from queued to finished, where builds finished both times, else by the median wait. */
const verdictsOf = (history: FarmHistory, before: Figures, after: Figures): WhatIfAnswer['verdicts'] => {
  const find = (figures: Figures, id: number): JobsetFigures | undefined =>
    figures.jobsets.find(({ jobsetId }) => jobsetId === id);
  const ids = [...new Set([...before.jobsets, ...after.jobsets].map(({ jobsetId }) => jobsetId))].sort((a, b) => a - b);
  return ids.map((jobsetId) => {
    const [a, b] = [find(before, jobsetId), find(after, jobsetId)];
    const builds = (a?.builds ?? 0) > 0 && (b?.builds ?? 0) > 0;
    const of = (figures?: JobsetFigures): number =>
      (builds ? figures?.queuedToFinishedMedianMs : figures?.waitMedianMs) ?? 0;
    const [left, right] = [of(a), of(b)];
    const close = Math.abs(right - left) <= SAME * Math.max(left, right);
    return { jobsetId, jobset: nameOf(history, jobsetId), verdict: close ? 'same' : right < left ? 'wins' : 'loses' };
  });
};

/** `project:jobset`, or the id where the log does not tell. */
export const nameOf = ({ names }: Pick<FarmHistory, 'names'>, jobsetId: number): string =>
  names.get(jobsetId) ?? `#${jobsetId}`;

const notesOf = (history: FarmHistory, guessed: number): string[] => [
  'Durations are the recorded ones, whatever machine a step runs on here.',
  ...(guessed > 0
    ? [
        `${guessed} attempts (in both simulations together) never ran to their end in the log: the median of their jobset stands in.`,
      ]
    : []),
  'A derivation whose output was there when a build was found counts as there from the beginning.',
  ...(history.terms > 1
    ? [
        `The log has ${history.terms} terms of a queue runner: "recorded rules" are those of the last, and no simulation dies in between.`,
      ]
    : []),
];
