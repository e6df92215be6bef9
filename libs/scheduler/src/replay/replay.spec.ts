import fc from 'fast-check';
import { randomLog } from '../../testing/random-log.js';
import { type Drift, Replay, type RecordedLike } from './index.js';

const replayed = (log: readonly RecordedLike[], retainMs?: number) => {
  const drifts: Drift[] = [];
  const replay = new Replay({ onDrift: (drift) => drifts.push(drift), ...(retainMs ? { retainMs } : {}) });
  for (const event of log) replay.apply(event);
  replay.finish();
  return { replay, drifts, counts: replay.counts };
};

const rules = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  actions: fc.integer({ min: 50, max: 700 }),
  policy: fc.constantFrom('window', 'clamped'),
  windowMs: fc.constantFrom(600_000, 3_600_000, 86_400_000),
});

describe('a replay of the log', () => {
  it('makes every choice and every charge again, whoever died, came late or was refused meanwhile', () => {
    fc.assert(
      fc.property(rules, (options) => {
        const farm = randomLog(options);
        const { drifts, counts, replay } = replayed(farm.log);
        expect(drifts).toEqual([]);
        expect(counts.charges).toBe(farm.log.filter(({ type }) => type === 'BuildStepCompleted').length);
        farm.hear();
        const again = replay.usage(farm.nowMs);
        expect(again.map(({ usedMs }) => usedMs)).toEqual(
          again.map(({ jobsetId }) => farm.scheduler.ledger.usedMs(jobsetId, farm.nowMs)),
        );
        expect(again.map(({ shares }) => shares)).toEqual(
          again.map(({ jobsetId }) => farm.scheduler.sharesOf(jobsetId)),
        );
      }),
      { numRuns: 60 },
    );
  });

  const made = (seed: number) => {
    const { log } = randomLog({ seed, actions: 500 });
    return structuredClone(log as RecordedLike[]);
  };
  const seeds = fc.integer({ min: 1, max: 1_000_000 });
  type Data = { dispatch: { usedMs: number }; charges: { ms: number }[]; drvPath: string };
  const tampered = (name: string, change: (log: RecordedLike[], pick: number) => boolean) =>
    it(`finds ${name}`, () => {
      fc.assert(
        fc.property(seeds, fc.nat(), (seed, pick) => {
          const log = made(seed);
          fc.pre(change(log, pick));
          expect(replayed(log).counts.drift).toBeGreaterThan(0);
        }),
        { numRuns: 15 },
      );
    });
  const places = (log: readonly RecordedLike[], is: (event: RecordedLike) => boolean): number[] =>
    log.flatMap((event, place) => (is(event) ? [place] : []));
  const one = (among: readonly number[], pick: number): number | undefined => among[pick % Math.max(1, among.length)];
  const started = ({ type }: RecordedLike): boolean => type === 'BuildStepStarted';

  tampered('a changed number of a choice', (log, pick) => {
    const place = one(places(log, started), pick);
    if (place === undefined) return false;
    (log[place]!.data as Data).dispatch.usedMs += 1;
    return true;
  });

  tampered('a changed charge', (log, pick) => {
    const place = one(
      places(log, ({ type, data }) => type === 'BuildStepCompleted' && (data as Data).charges.length > 0),
      pick,
    );
    if (place === undefined) return false;
    (log[place]!.data as Data).charges[0]!.ms += 1;
    return true;
  });

  tampered('two starts that changed places', (log, pick) => {
    const all = places(log, started);
    const pairs = all.filter((place, nth) => all[nth + 1] === place + 1);
    const place = one(pairs, pick);
    if (place === undefined) return false;
    const [a, b] = [log[place]!.data as Data, log[place + 1]!.data as Data];
    [a.drvPath, b.drvPath] = [b.drvPath, a.drvPath];
    return true;
  });

  tampered('a start that was taken out', (log, pick) => {
    const place = one(places(log, started), pick);
    const key = (event: RecordedLike) =>
      `${(event.data as Data).drvPath}${(event.data as { attempt: number }).attempt}`;
    const ends = ({ type }: RecordedLike) => type === 'BuildStepCompleted';
    if (place === undefined || !log.some((event) => ends(event) && key(event) === key(log[place]!))) return false;
    log.splice(place, 1);
    return true;
  });

  tampered('a share change that was taken out after a choice had heard it', (log, pick) => {
    const seen = new Set(
      log.flatMap(({ data }) => (data as { dispatch?: { basis?: { seen: string } } }).dispatch?.basis?.seen ?? []),
    );
    const place = one(
      places(log, ({ type, id }) => type === 'ShareChanged' && seen.has(id)),
      pick,
    );
    if (place === undefined) return false;
    log.splice(place, 1);
    return true;
  });

  it('holds no more than what is queued and what the window holds', () => {
    const { log } = randomLog({ seed: 5, actions: 22_000, windowMs: 600_000 });
    const { replay, drifts } = replayed(log, 600_000);
    expect(drifts).toEqual([]);
    expect(log.length).toBeGreaterThan(5_000);
    expect(replay.holds).toBeLessThan(log.length / 10);
  });

  it('does not check what was recorded without what it was made on, but follows its ledger', () => {
    const log = made(3);
    const old = log.map((event) => {
      const { basis: _, ...data } = event.data as Data & { basis?: unknown };
      if (event.type === 'BuildStepCompleted') return { ...event, data };
      if (event.type !== 'BuildStepStarted') return event;
      const { basis: __, ...numbers } = data.dispatch as Data['dispatch'] & { basis?: unknown };
      return { ...event, data: { ...data, dispatch: numbers } };
    });
    const { counts } = replayed(old.filter(({ type }) => type !== 'QueueRunnerStarted' && type !== 'BuildStepsFound'));
    expect(counts.drift).toBe(0);
    expect(counts.unchecked).toBe(counts.dispatches);
    expect(counts.charges).toBeGreaterThan(10);
  });
});
