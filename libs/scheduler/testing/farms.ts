import fc from 'fast-check';
import {
  type Happening,
  type Outcome,
  type SchedulerOptions,
  simulate,
  type SimulatedEvent,
  type SimulationInput,
  type SimulationResult,
  type StepSpec,
} from '../src/index.js';
import { machineAdded } from './machines.js';

export const SYSTEM = 'x86_64-linux';

/** A step of `x86_64-linux` that needs nothing. */
export const plainSpec = (drvPath: string, more: Partial<StepSpec> = {}): StepSpec => ({
  drvPath,
  system: SYSTEM,
  features: [],
  preferLocalBuild: false,
  inputs: [],
  retryAtMs: 0,
  ...more,
});

/** A whole number below `limit` that hangs on the text alone. */
export const hashed = (text: string, limit: number): number => {
  let hash = 2_166_136_261;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619);
  return (hash >>> 0) % limit;
};

export type Simulated = Readonly<{ events: readonly SimulatedEvent[]; result: SimulationResult }>;

/** A whole simulation at once. */
export const simulateAll = (input: SimulationInput, options: SchedulerOptions): Simulated => {
  const events: SimulatedEvent[] = [];
  const run = simulate(input, options);
  let next = run.next();
  for (; !next.done; next = run.next()) events.push(next.value);
  return { events, result: next.value };
};

const POOL = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6'];

/**
 * A random farm: builds over shared derivations with features, on machines that fail and come back; attempts that succeed, fail for good
 * or are tried again; cancels, bumps and share changes.
 */
export const randomFarm: fc.Arbitrary<SimulationInput> = fc
  .record({
    edges: fc.tuple(...POOL.map((_, i) => fc.subarray(POOL.slice(0, i)))),
    acts: fc.array(
      fc.record({
        after: fc.nat(60),
        what: fc.constantFrom('build', 'build', 'build', 'build', 'cancel', 'bump', 'shares', 'machine', 'fail'),
        pick: fc.nat(1000),
        jobsetId: fc.integer({ min: 1, max: 4 }),
        inputs: fc.subarray(POOL, { maxLength: 3 }),
      }),
      { minLength: 5, maxLength: 60 },
    ),
    salt: fc.nat(1000),
  })
  .map(({ edges, acts, salt }) => {
    const inputsOf = (path: string): readonly string[] => edges[POOL.indexOf(path)]!;
    const happenings: Happening[] = [
      { atMs: 1000, kind: 'machine', event: machineAdded({ name: 'm1', slots: 2 }) },
      { atMs: 1000, kind: 'machine', event: machineAdded({ name: 'm2', features: ['kvm'], speedFactor: 2 }) },
    ];
    let atMs = 1000;
    acts.forEach(({ after, what, pick, jobsetId, inputs }, nr) => {
      atMs += after;
      const name = `m${1 + (pick % 3)}`;
      if (what === 'build') {
        const drvPath = pick % 3 ? `b${nr}` : POOL[pick % POOL.length]!;
        const below = new Set(drvPath.startsWith('b') ? inputs : inputsOf(drvPath));
        const top = plainSpec(drvPath, {
          inputs: [...below],
          features: drvPath.startsWith('b') && pick % 5 === 0 ? ['kvm'] : [],
        });
        for (const each of below) for (const path of inputsOf(each)) below.add(path);
        const specs = [top, ...[...below].map((path) => plainSpec(path, { inputs: inputsOf(path) }))];
        const build = { buildId: nr + 1, jobsetId, drvPath, globalPriority: 0, localPriority: pick % 4 };
        happenings.push({ atMs, kind: 'build', build, specs });
      } else if (what === 'cancel') happenings.push({ atMs, kind: 'cancel', buildIds: [1 + (pick % (nr + 1))] });
      else if (what === 'bump')
        happenings.push({ atMs, kind: 'bump', buildId: 1 + (pick % (nr + 1)), globalPriority: nr });
      else if (what === 'shares') happenings.push({ atMs, kind: 'shares', jobsetId, shares: 1 + (pick % 300) });
      else if (what === 'machine') {
        const features = pick % 2 ? ['kvm'] : [];
        happenings.push({ atMs, kind: 'machine', event: machineAdded({ name, features, slots: 1 + (pick % 2) }) });
      } else {
        const data = { name, error: '', failures: 1, failedAtMs: atMs, disabledUntilMs: atMs + (pick % 200) };
        happenings.push({ atMs, kind: 'machine', event: { type: 'MachineFailed', data } });
      }
    });
    const outcomeOf: SimulationInput['outcomeOf'] = ({ step, nth }): Outcome => {
      const draw = hashed(`${salt} ${step.drvPath} ${nth}`, 1000);
      const ms = 1 + (draw % 150);
      if (draw % 7 === 0) return { ms, status: 'failed', ...(nth < 3 && { retryAfterMs: 1 + (draw % 90) }) };
      return { ms, status: 'succeeded' };
    };
    return { startedAtMs: 1000, shares: [], happenings, outcomeOf };
  });

export type Backlog = Readonly<{
  /** jobset to its shares and when its backlog begins */
  jobsets: readonly Readonly<{ jobsetId: number; shares: number; fromMs: number; count: number }>[];
  slots: number;
  untilMs: number;
  msOf: (drvPath: string) => number;
}>;

/** A farm of one kind of slots, and jobsets that each queue many steps at once. */
export const backlog = ({ jobsets, slots, untilMs, msOf }: Backlog): SimulationInput => {
  const happenings: Happening[] = [{ atMs: 0, kind: 'machine', event: machineAdded({ slots }) }];
  let buildId = 0;
  for (const { jobsetId, fromMs, count } of jobsets)
    for (let nr = 0; nr < count; nr++) {
      const drvPath = `j${jobsetId}n${nr}`;
      const build = { buildId: (buildId += 1), jobsetId, drvPath, globalPriority: 0, localPriority: 100 };
      happenings.push({ atMs: fromMs, kind: 'build', build, specs: [plainSpec(drvPath)] });
    }
  happenings.sort((a, b) => a.atMs - b.atMs);
  return {
    startedAtMs: 0,
    untilMs,
    shares: jobsets.map(({ jobsetId, shares }) => [jobsetId, shares] as const),
    happenings,
    outcomeOf: ({ step }) => ({ ms: msOf(step.drvPath), status: 'succeeded' }),
  };
};
