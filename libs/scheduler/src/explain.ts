import { type Candidate, compareCandidates } from './choose.js';
import type { BuildExplanation, Rival, Rule, StepExplanation, Wait } from './explanation.js';
import { type Machine, supports } from './machine.js';
import { compareStanding } from './policy.js';
import type { StepClass } from './runnable.js';
import type { Scheduler } from './scheduler.js';
import type { Step } from './step.js';

/** Steps of a build that are explained one by one. */
const MOST_STEPS = 20;
/** Rivals that are named. */
const MOST_RIVALS = 10;
/** Inputs that are named. */
const MOST_INPUTS = 10;

type Ranked = Readonly<{ rank: number; ahead: readonly Rival[] }>;

/**
 * Why an unfinished build is where it is at a moment that does not go back; undefined where the build is not in the graph. It
 * changes nothing. Each runnable step is looked at once: about a tenth of a second for a hundred thousand of them.
 *
 * The rank of a step counts all runnable steps that any machine could build that can build it, whether or not it has a free slot
 * now.
 */
export const explainBuild = (scheduler: Scheduler, buildId: number, nowMs: number): BuildExplanation | undefined => {
  const { graph, standings, policy } = scheduler;
  const build = graph.build(buildId);
  if (build === undefined) return undefined;
  graph.wake(nowMs);
  standings.advance(nowMs);
  const top = graph.steps.get(build.drvPath)!;
  const all = new Set([top]);
  for (const step of all) for (const input of step.inputs) all.add(input);
  const phased = (phase: Step['phase']): Step[] => [...all].filter((step) => step.phase === phase);
  const [running, runnable, delayed] = [phased('running'), phased('runnable'), phased('delayed')];
  const first = runnable
    .map((step) => candidateOf(scheduler, step, nowMs))
    .sort(compareCandidates)
    .map(({ step }) => step);
  delayed.sort((a, b) => a.retryAtMs - b.retryAtMs || (a.drvPath < b.drvPath ? -1 : 1));
  const steps = [...running, ...first, ...delayed].slice(0, MOST_STEPS);
  const ranks = rankAll(scheduler, new Set([...steps, top].filter(({ phase }) => phase === 'runnable')), nowMs);
  const explain = (step: Step): StepExplanation => ({
    drvPath: step.drvPath,
    system: step.system,
    features: step.features,
    wait: waitOf(scheduler, step, ranks.get(step), nowMs),
  });
  const { usedMs, shares } = standings.at(build.jobsetId, nowMs);
  return {
    buildId,
    jobsetId: build.jobsetId,
    atMs: nowMs,
    policy: policy.name,
    standing: { usedMs, shares, ...(policy.name === 'clamped' && { tag: scheduler.tagOf(build.jobsetId) }) },
    globalPriority: build.globalPriority,
    localPriority: build.localPriority,
    counts: {
      running: running.length,
      runnable: runnable.length,
      delayed: delayed.length,
      blocked: all.size - running.length - runnable.length - delayed.length,
    },
    top: explain(top),
    steps: steps.map(explain),
  };
};

/** The step on behalf of that of its jobsets which is furthest below its share. */
const candidateOf = ({ standings }: Scheduler, step: Step, nowMs: number): Candidate => {
  let best: Candidate | undefined;
  for (const jobsetId of step.jobsetIds) {
    const candidate = { step, standing: standings.at(jobsetId, nowMs) };
    if (best === undefined || compareCandidates(candidate, best) < 0) best = candidate;
  }
  return best!;
};

/** Ranks of runnable steps: one look at each rival, however many steps are asked about. */
const rankAll = (scheduler: Scheduler, steps: ReadonlySet<Step>, nowMs: number): ReadonlyMap<Step, Ranked> => {
  const { graph, machines } = scheduler;
  const known = machines.all().map(({ machine }) => machine);
  const ranks = new Map<Step, Ranked>();
  const classes = [...graph.runnable.classes()];
  for (const each of classes) {
    const asked = [...steps].filter((step) => each.steps.has(step));
    if (asked.length === 0) continue;
    const able = known.filter((machine) => supports(machine, each));
    const rivals = classes.filter((other) => other === each || able.some((machine) => supports(machine, other)));
    for (const [step, ranked] of rankAmong(scheduler, asked, rivals, nowMs)) ranks.set(step, ranked);
  }
  return ranks;
};

const rankAmong = (
  scheduler: Scheduler,
  asked: readonly Step[],
  classes: readonly StepClass[],
  nowMs: number,
): ReadonlyMap<Step, Ranked> => {
  const ours = asked.map((step) => candidateOf(scheduler, step, nowMs)).sort(compareCandidates);
  /** rivals that go before this one and not before the one above it */
  const counts = ours.map(() => 0);
  const foremost: Candidate[] = [];
  for (const { steps } of classes)
    for (const step of steps) {
      const rival = candidateOf(scheduler, step, nowMs);
      let place = 0;
      for (let to = ours.length; place < to;) {
        const middle = (place + to) >> 1;
        if (compareCandidates(rival, ours[middle]!) < 0) to = middle;
        else place = middle + 1;
      }
      if (place === ours.length) continue;
      counts[place]! += 1;
      if (foremost.length === MOST_RIVALS && compareCandidates(rival, foremost.at(-1)!) > 0) continue;
      foremost.push(rival);
      foremost.sort(compareCandidates).splice(MOST_RIVALS);
    }
  let rank = 1;
  return new Map(
    ours.map((own, place) => {
      rank += counts[place]!;
      const ahead = foremost.filter((rival) => compareCandidates(rival, own) < 0).map((rival) => rivalOf(own, rival));
      return [own.step, { rank, ahead }];
    }),
  );
};

const rivalOf = (own: Candidate, rival: Candidate): Rival => {
  const { drvPath, lowestBuildId } = rival.step;
  const weigh = ({ usedMs, shares, key }: Candidate['standing']): number => key ?? usedMs / shares;
  const rules: readonly (readonly [Rule, (of: Candidate) => number])[] = [
    ['bump', ({ step }) => step.globalPriority],
    ['share', ({ standing }) => weigh(standing)],
    ['priority', ({ step }) => step.localPriority],
    ['features', ({ step }) => step.features.length],
    ['dependents', ({ step }) => step.dependents.size],
    ['build-id', ({ step }) => step.lowestBuildId],
  ];
  for (const [rule, of] of rules)
    if (rule === 'share' ? compareStanding(own.standing, rival.standing) !== 0 : of(own) !== of(rival))
      return { drvPath, jobsetId: rival.standing.jobsetId, lowestBuildId, rule, ours: of(own), theirs: of(rival) };
  return { drvPath, jobsetId: rival.standing.jobsetId, lowestBuildId, rule: 'name', ours: 0, theirs: 0 };
};

const waitOf = (scheduler: Scheduler, step: Step, ranked: Ranked | undefined, nowMs: number): Wait => {
  if (step.phase === 'running') {
    const { machine = '', startedAtMs = nowMs } = scheduler.attemptAt(step.drvPath) ?? {};
    return { kind: 'running', machine, sinceMs: startedAtMs };
  }
  if (step.phase === 'blocked') {
    const inputs = [...step.inputs].map(({ drvPath }) => drvPath).sort();
    return { kind: 'dependency', inputs: inputs.slice(0, MOST_INPUTS), count: inputs.length };
  }
  if (step.phase === 'delayed') return { kind: 'retry', atMs: step.retryAtMs };
  const able = scheduler.machines.all().filter(({ machine }) => supports(machine, step));
  if (able.length === 0)
    return unsupported(
      step,
      scheduler.machines.all().map(({ machine }) => machine),
    );
  const usable = able.filter(({ enabled, disabledUntilMs }) => enabled && disabledUntilMs <= nowMs);
  if (usable.length === 0) {
    const machines = able.map(({ machine: { name }, disabledUntilMs }) =>
      disabledUntilMs > nowMs ? { name, disabledUntilMs } : { name },
    );
    return { kind: 'machines-away', machines };
  }
  const names = new Set(usable.map(({ machine }) => machine.name));
  let freeSlots = 0;
  for (const { machine, running } of scheduler.loads(nowMs))
    if (names.has(machine.name)) freeSlots += Math.max(0, machine.slots - running);
  return { kind: 'ranked', ...ranked!, freeSlots };
};

/** What none offers: the system, or else the features that no machine of the system has, or has together. */
const unsupported = ({ system, features }: Step, machines: readonly Machine[]): Wait => {
  const right = machines.filter(({ systems }) => system === 'builtin' || systems.includes(system));
  if (right.length === 0) return { kind: 'unsupported', system, features: [] };
  const offers = (each: Machine, feature: string): boolean =>
    each.features.includes(feature) || each.mandatoryFeatures.includes(feature);
  const missing = features.filter((feature) => !right.some((each) => offers(each, feature)));
  return { kind: 'unsupported', features: missing.length > 0 ? missing : features };
};
