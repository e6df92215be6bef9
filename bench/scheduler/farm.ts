import { Scheduler, type Step } from '#scheduler';
import { machineAdded } from '../../libs/scheduler/testing/machines.js';
import type { RoundJobset } from './round.js';

export const NOW = 2_000_000_000_000;
const DAY = 24 * 3_600_000;
const MACHINES = 25;
const SLOTS = 4;
const HISTORY = 20_000;

/** A generator of whole numbers, the same in every run (Lehmer). */
export const numbers = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
};

export type BenchFarm = Readonly<{
  scheduler: Scheduler;
  jobsets: ReadonlyMap<number, RoundJobset>;
  /** adds a build of one step */
  insert: () => void;
  /** begins the attempt that a choice names */
  start: (choice: NonNullable<ReturnType<Scheduler['next']>>, nowMs: number) => void;
  /** ends one of the running attempts */
  end: (nowMs: number) => void;
  runnable: () => readonly Step[];
}>;

/**
 * A farm of a hundred busy slots, two systems and a few features, with a day of history, whose jobsets have `steps` runnable steps. A tenth of the
 * steps belongs to three jobsets.
 */
export const createFarm = (steps: number, jobsetCount: number, policy: string): BenchFarm => {
  const random = numbers(steps);
  const scheduler = new Scheduler({ policy, windowMs: DAY, clampCreditMs: 3_600_000 });
  const jobsets = new Map<number, RoundJobset>();
  for (let id = 1; id <= jobsetCount; id++) {
    const shares = 10 + random(300);
    scheduler.shares.set(id, shares);
    jobsets.set(id, { shares, seconds: 0, steps: new Map() });
  }
  const jobset = (): number => 1 + random(jobsetCount);
  for (let nr = 0; nr < HISTORY; nr++) {
    const [jobsetId, startedAtMs, ms] = [
      jobset(),
      NOW - DAY + Math.floor((nr * DAY) / HISTORY),
      1000 + random(400_000),
    ];
    scheduler.ledger.start(`h${nr}`, [jobsetId], startedAtMs);
    scheduler.ledger.stop(`h${nr}`, Math.min(NOW, startedAtMs + ms));
    const known = jobsets.get(jobsetId)!;
    known.steps.set(Math.floor(startedAtMs / 1000), Math.floor(ms / 1000));
    known.seconds += Math.floor(ms / 1000);
  }
  for (let nr = 0; nr < MACHINES; nr++) {
    const features = [[], ['kvm'], ['kvm', 'big-parallel']][nr % 3]!;
    const systems = nr % 5 === 0 ? ['aarch64-linux'] : ['x86_64-linux', 'i686-linux'];
    scheduler.machines.apply(
      machineAdded({ name: `m${nr}`, systems, features, slots: SLOTS, speedFactor: 1 + (nr % 4) }),
    );
  }
  let builds = 0;
  const insert = (): void => {
    const drvPath = `/nix/store/${String(random(1e9)).padStart(32, '0')}-step-${builds}.drv`;
    const system = random(5) === 0 ? 'aarch64-linux' : 'x86_64-linux';
    const features = [[], [], [], [], ['kvm'], ['big-parallel', 'kvm']][random(6)]!;
    const spec = { drvPath, system, features, preferLocalBuild: false, inputs: [], retryAtMs: 0 };
    for (let of = random(10) === 0 ? 3 : 1; of > 0; of--) {
      const build = { buildId: (builds += 1), jobsetId: jobset(), drvPath, globalPriority: 0 };
      scheduler.addBuild({ ...build, localPriority: 100 + random(3) }, [spec]);
    }
  };
  for (let nr = 0; nr < steps; nr++) insert();
  const running: { drvPath: string; attempt: number }[] = [];
  let attempts = 0;
  const start: BenchFarm['start'] = ({ step: { drvPath, jobsetIds }, machine, dispatch, clamp }, nowMs) => {
    const attempt = (attempts += 1);
    const begun = { drvPath, attempt, jobsetIds: [...jobsetIds], machine: machine.name, startedAtMs: nowMs };
    scheduler.started(begun, dispatch, clamp);
    running.push({ drvPath, attempt });
  };
  const end = (nowMs: number): void => {
    const [ended] = running.splice(random(running.length), 1);
    scheduler.completed({ ...ended!, status: 'succeeded', stoppedAtMs: nowMs, interrupted: false });
  };
  for (let choice = scheduler.next(NOW); choice; choice = scheduler.next(NOW)) {
    start(choice, NOW);
    insert();
  }
  const runnable = (): Step[] => [...scheduler.graph.steps.values()].filter(({ phase }) => phase === 'runnable');
  return { scheduler, jobsets, insert, start, end, runnable };
};
