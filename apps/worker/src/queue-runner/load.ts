import { buildStream, type DomainEvent, stepStream } from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';
import type { Clock, Logger } from '#runtime';
import type { StepSpec } from '#scheduler';
import type { Chronicle } from './chronicle.js';
import type { Derivations, DrvInfo } from './derivations.js';
import { type Build, type Farm, factsFrom, type KnownBuild } from './farm.js';
import type { Finisher } from './finish.js';
import type { Hearing } from './hearing.js';
import type { Journal, Memo } from './journal.js';
import { mapLimited } from './map-limited.js';
import { endInterrupted } from './recover.js';
import { endedSince, stepHistory, type StepHistory } from './verdict.js';

export type LoadParts = Readonly<{
  farm: Farm;
  journal: Journal;
  chronicle: Chronicle;
  finisher: Finisher;
  derivations: Derivations;
  store: EventStore;
  hearing: Pick<Hearing, 'upTo'>;
  clock: Clock;
  logger: Logger;
  /** something may be built that could not before */
  wake: () => void;
}>;

/** Builds that are loaded together: each generation of their derivations is one question to the store. */
const CHUNK = 100;
const READS = 16;

/** What was found out about the derivations of some builds, at a moment that is past when it is used. */
type Found = Readonly<{
  infos: ReadonlyMap<string, DrvInfo>;
  done: ReadonlySet<string>;
  memos: ReadonlyMap<string, Memo<StepHistory>>;
}>;

/** Loads pending builds into the graph, the latest bumped first, until none is left. */
export const loadPending = async (parts: LoadParts, signal: AbortSignal): Promise<void> => {
  const { farm, clock, logger } = parts;
  const [began, builds] = [clock.now(), farm.pending.size];
  if (builds === 0) return;
  while (farm.pending.size > 0 && !signal.aborted) {
    farm.gone.clear();
    const first = [...farm.pending].sort((a, b) => b.globalPriority - a.globalPriority || a.buildId - b.buildId);
    await loadChunk(parts, first.slice(0, CHUNK));
    parts.wake();
  }
  farm.gone.clear();
  logger.debug({ builds, ms: clock.now() - began, steps: farm.graph.size.steps }, 'builds loaded');
};

const loadChunk = async (parts: LoadParts, chunk: readonly Build[]): Promise<void> => {
  const { farm, finisher, derivations } = parts;
  const builds = (await mapLimited(chunk, READS, (build) => withFacts(parts, build))).filter(
    (build) => build !== undefined,
  );
  const valid = await derivations.valid([...new Set(builds.map(drvPathOf))]);
  const [there, missing] = [
    builds.filter((each) => valid.has(drvPathOf(each))),
    builds.filter((each) => !valid.has(drvPathOf(each))),
  ];
  const found = await findSteps(parts, [...new Set(there.map(drvPathOf))]);
  // From here on nothing is awaited before each build has its place: the graph does not change meanwhile.
  const work: Promise<void>[] = [];
  const still = (build: KnownBuild): boolean => farm.pending.has(build);
  for (const build of missing.filter(still))
    work.push(
      finisher.abort(build, `derivation '${drvPathOf(build)}' is not valid in the store: it was garbage-collected`),
    );
  for (const build of there.filter(still)) {
    const done = place(parts, build, found);
    if (done) work.push(done);
  }
  await Promise.all(work);
};

const drvPathOf = ({ facts: { memo, queued } }: KnownBuild): string => memo.state.drvPath || queued.drvPath;

/** Reads the stream of a build that only the read model told of. Undefined where it is not queued any more. */
const withFacts = async ({ farm, store, hearing }: LoadParts, build: Build): Promise<KnownBuild | undefined> => {
  if (build.facts === undefined) {
    const events: (DomainEvent & Omit<RecordedEvent, 'type' | 'data'>)[] = [];
    for await (const event of store.readStream(buildStream(build.buildId)))
      events.push(event as (typeof events)[number]);
    // It enters the graph as it was heard of, or a cancellation that was heard after it would seem to be a newer one.
    await hearing.upTo(events.at(-1)?.position ?? 0n);
    build.facts ??= factsFrom(events);
    if (build.facts === undefined) {
      if (farm.builds.get(build.buildId) === build) farm.forget(build.buildId);
      return undefined;
    }
    build.globalPriority = Math.max(build.globalPriority, build.facts.memo.state.globalPriority);
  }
  return build as KnownBuild;
};

/** Reads the derivations below some tops that are still to be built, generation by generation, and their histories. */
const findSteps = async (parts: LoadParts, tops: readonly string[]): Promise<Found> => {
  const { farm, derivations } = parts;
  const infos = new Map<string, DrvInfo>();
  const done = new Set<string>();
  for (let wanted = tops; wanted.length > 0;) {
    const read = await derivations.read(wanted);
    for (const info of read) infos.set(info.drvPath, info);
    const buildable = read.filter(({ problem }) => problem === undefined);
    const valid = await derivations.valid([...new Set(buildable.flatMap(({ outputs }) => [...outputs.values()]))]);
    const next = new Set<string>();
    for (const { drvPath, outputs, inputDrvs } of buildable) {
      if ([...outputs.values()].every((path) => valid.has(path))) done.add(drvPath);
      else if (!farm.graph.steps.has(drvPath)) for (const path of inputDrvs) if (!infos.has(path)) next.add(path);
    }
    // Steps in the graph have all their own inputs there.
    wanted = [...next].filter((path) => !farm.graph.steps.has(path));
  }
  const asked = [...infos.keys()].filter((path) => (!done.has(path) || tops.includes(path)) && !farm.memoOf(path));
  const memos = new Map(
    await mapLimited(asked, READS, async (drvPath) => [drvPath, await readHistory(parts, drvPath)] as const),
  );
  return { infos, done, memos };
};

const readHistory = async (parts: LoadParts, drvPath: string): Promise<Memo<StepHistory>> => {
  const memo: Memo<StepHistory> = { revision: 'no-stream', state: stepHistory.initial };
  const target = { stream: stepStream(drvPath), memo };
  await parts.journal.refresh(stepHistory, target);
  // Nobody here holds it, or its memory would have been at hand.
  if (memo.state.running && !parts.farm.memoOf(drvPath)) await endInterrupted(parts, target);
  return memo;
};

/** Puts a build into the graph, or brings it to its end where there is nothing to build. */
const place = (parts: LoadParts, build: KnownBuild, { infos, done, memos }: Found): Promise<void> | undefined => {
  const { farm, finisher, chronicle, clock } = parts;
  const { graph } = farm;
  const { facts, buildId } = build;
  const memoOf = (drvPath: string): Memo<StepHistory> | undefined => farm.memoOf(drvPath) ?? memos.get(drvPath);
  const succeeded = (drvPath: string): boolean => farm.gone.get(drvPath)?.state.last?.status === 'succeeded';
  const isDone = (drvPath: string): boolean => !graph.steps.has(drvPath) && (done.has(drvPath) || succeeded(drvPath));
  /** Its output is there, and is not what the derivation makes: it makes another one each time. */
  const isMoody = (drvPath: string): boolean =>
    !graph.steps.has(drvPath) && memoOf(drvPath)?.state.cachedFailure?.status === 'not-deterministic';
  const failureOf = (drvPath: string): Promise<void> | undefined => {
    const ended = endedSince(memoOf(drvPath)?.state ?? stepHistory.initial, facts.since);
    if (!ended || ended.completed.status === 'succeeded' || graph.steps.has(drvPath)) return undefined;
    const { completed, cached } = ended;
    const now = clock.now();
    const times = cached ? { startedAtMs: now, stoppedAtMs: now } : completed;
    const { startedAtMs, stoppedAtMs } = times;
    const system = infos.get(drvPath)!.system;
    return finisher.fail(
      [build],
      { ...completed, ownerId: completed.buildId, system, startedAtMs, stoppedAtMs },
      cached,
    );
  };

  const top = drvPathOf(build);
  if (isDone(top)) {
    const outputs = infos.get(top)!.outputs;
    const ended = endedSince(memoOf(top)?.state ?? stepHistory.initial, facts.since);
    if (ended && (!ended.cached || isMoody(top)) && ended.completed.status !== 'succeeded') return failureOf(top);
    const now = clock.now();
    const own = ended?.completed.status === 'succeeded' ? ended.completed : undefined;
    const { startedAtMs, stoppedAtMs } = own ?? { startedAtMs: now, stoppedAtMs: now };
    farm.pending.delete(build);
    const times = { startedAtMs, stoppedAtMs, cached: own?.buildId !== buildId, causeId: facts.cause.eventId };
    return finisher.succeed(build, outputs, times);
  }
  const specs: StepSpec[] = [];
  const seen = new Set([top]);
  for (const drvPath of seen) {
    if (graph.steps.has(drvPath)) continue;
    const info = infos.get(drvPath);
    // It was in the graph when we looked and was given up since: the build stays pending and is looked at again.
    if (info === undefined) return undefined;
    if (info.problem !== undefined) return finisher.abort(build, info.problem);
    const failed = failureOf(drvPath);
    if (failed) return failed;
    const inputs = info.inputDrvs.filter((path) => !isDone(path));
    for (const path of inputs) seen.add(path);
    const { system, features, preferLocalBuild } = info;
    const retryAtMs = memoOf(drvPath)?.state.last?.retryAtMs ?? 0;
    specs.push({ drvPath, system, features, preferLocalBuild, inputs, retryAtMs });
  }
  for (const { drvPath } of specs) {
    farm.steps.set(drvPath, memoOf(drvPath)!);
    if (infos.get(drvPath)!.deterministic) farm.deterministic.add(drvPath);
  }
  const { jobset, priority } = facts.queued;
  const { globalPriority } = build;
  if (!farm.jobsets.has(jobset.id)) farm.jobsets.set(jobset.id, `${jobset.project}:${jobset.name}`);
  const entering = { buildId, jobsetId: jobset.id, drvPath: top, globalPriority, localPriority: priority };
  chronicle.addBuild(entering, specs, facts.cause);
  farm.pending.delete(build);
  return undefined;
};
