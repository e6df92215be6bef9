import fc from 'fast-check';
import { PlainFarm } from '../testing/plain.js';
import { machineAdded } from '../testing/machines.js';
import { Scheduler, type SchedulerOptions } from './scheduler.js';
import type { StepSpec } from './step.js';

const POOL = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];

const act = fc.record({
  what: fc.constantFrom(
    ...['build', 'build', 'build', 'wait', 'choose', 'choose', 'choose', 'end', 'end', 'free'],
    ...['withdraw', 'bump', 'remove', 'shares', 'machine', 'toggle'],
  ),
  pick: fc.nat(1000),
  more: fc.nat(1000),
  jobsetId: fc.integer({ min: 1, max: 6 }),
});
const edges = fc.tuple(...POOL.map((_, i) => fc.subarray(POOL.slice(0, i))));

type Act = (typeof act extends fc.Arbitrary<infer T> ? T : never) & object;

/** Does random things to a scheduler and to the plain rules, and compares after each. */
class Contest {
  readonly scheduler: Scheduler;
  readonly plain: PlainFarm;
  readonly log: unknown[] = [];
  private now = 5000;
  private ids = 0;
  private readonly done = new Set<string>();
  private readonly taken = new Map<string, number>();
  private readonly running: { drvPath: string; attempt: number; machine: string; freed: boolean }[] = [];

  constructor(
    options: SchedulerOptions,
    private readonly inputs: readonly (readonly string[])[],
  ) {
    this.scheduler = new Scheduler(options);
    this.plain = new PlainFarm(options);
    this.machine('m1', ['x'], [], 1);
    this.machine('m2', ['x', 'y'], ['kvm'], 1);
    this.machine('m3', ['x'], [], 2);
  }

  step({ what, pick, more, jobsetId }: Act): void {
    const { scheduler, plain } = this;
    const run = this.running[pick % (this.running.length || 1)];
    const builds = [...scheduler.graph.builds];
    const buildId = builds[pick % (builds.length || 1)];
    if (what === 'build') this.build(jobsetId, pick, more);
    if (what === 'wait') this.now += more < 800 ? more % 60 : more;
    if (what === 'choose' || what === 'withdraw') this.choose(what === 'withdraw');
    if (what === 'free' && run && !run.freed) {
      scheduler.freed(run.drvPath, run.attempt);
      this.give(run);
    }
    if (what === 'end' && run) this.end(run, more);
    if (what === 'bump' && buildId !== undefined) scheduler.graph.bump(buildId, 1 + (more % 3));
    if (what === 'remove' && buildId !== undefined) scheduler.graph.removeBuilds([buildId]);
    if (what === 'shares') {
      scheduler.shares.set(jobsetId, 1 + (more % 300));
      plain.shares.set(jobsetId, 1 + (more % 300));
    }
    if (what === 'machine')
      this.machine(`m${1 + (pick % 3)}`, ['x', 'y'], pick % 2 ? ['kvm', 'big'] : [], 1 + (more % 3));
    if (what === 'toggle') {
      const name = `m${1 + (pick % 3)}`;
      const at = { name, error: '', failures: 1, failedAtMs: this.now, disabledUntilMs: this.now + (more % 90) };
      if (scheduler.machines.get(name)) scheduler.machines.apply({ type: 'MachineFailed', data: at });
    }
    const expected = plain.next(scheduler, this.taken, this.now);
    const found = scheduler.next(this.now);
    expect(
      found && {
        drvPath: found.step.drvPath,
        machine: found.machine.name,
        jobsetId: found.dispatch.jobsetId,
        usedMs: found.dispatch.usedMs,
        ...(found.clamp && { clamp: found.clamp }),
      },
    ).toEqual(expected);
    this.log.push(found?.dispatch, found?.clamp, found?.machine.name);
  }

  private build(jobsetId: number, pick: number, more: number): void {
    const buildId = (this.ids += 1);
    const drvPath = pick % 4 === 0 ? POOL[more % POOL.length]! : `b${buildId}`;
    if (this.done.has(drvPath)) return;
    const inputsOf = (path: string): string[] =>
      (path.startsWith('p') ? this.inputs[POOL.indexOf(path)]! : POOL.filter((_, i) => (more >> i) % 2)).filter(
        (each) => !this.done.has(each),
      );
    const wanted = new Set([drvPath]);
    const specs: StepSpec[] = [];
    for (const path of wanted) {
      const inputs = inputsOf(path);
      for (const each of inputs) wanted.add(each);
      const system = path.startsWith('p') ? 'x' : ['x', 'y', 'builtin'][more % 3]!;
      const features = pick % 5 === 0 && !path.startsWith('p') ? ['kvm'] : [];
      specs.push({ drvPath: path, system, features, preferLocalBuild: false, inputs, retryAtMs: 0 });
    }
    const localPriority = 1 + (more % 2);
    this.scheduler.addBuild({ buildId, jobsetId, drvPath, globalPriority: pick % 7 ? 0 : pick, localPriority }, specs);
  }

  private choose(withdraw: boolean): void {
    const { scheduler, plain, now } = this;
    const found = scheduler.next(now);
    if (found === undefined) return;
    const { step, machine, dispatch, clamp } = found;
    const { drvPath } = step;
    const attempt = (this.ids += 1);
    const jobsetIds = [...step.jobsetIds];
    plain.chose(dispatch.jobsetId, now);
    scheduler.started({ drvPath, attempt, jobsetIds, machine: machine.name, startedAtMs: now }, dispatch, clamp);
    if (withdraw) return scheduler.withdrawn(drvPath, attempt);
    plain.start(`${attempt}`, jobsetIds, now);
    this.taken.set(machine.name, (this.taken.get(machine.name) ?? 0) + 1);
    this.running.push({ drvPath, attempt, machine: machine.name, freed: false });
  }

  private end(run: Contest['running'][number], more: number): void {
    const { drvPath, attempt } = run;
    this.running.splice(this.running.indexOf(run), 1);
    if (!run.freed) this.give(run);
    this.plain.stop(`${attempt}`, this.now);
    const status = more % 3 ? 'succeeded' : 'failed';
    const retry = more % 2 || status === 'succeeded' ? {} : { retryAtMs: this.now + (more % 50) };
    const wanted = this.scheduler.graph.steps.has(drvPath);
    this.scheduler.completed({ drvPath, attempt, status, stoppedAtMs: this.now, interrupted: false, ...retry });
    if (status === 'succeeded' && wanted) this.done.add(drvPath);
  }

  private give(run: Contest['running'][number]): void {
    run.freed = true;
    this.taken.set(run.machine, this.taken.get(run.machine)! - 1);
  }

  private machine(name: string, systems: string[], features: string[], slots: number): void {
    this.scheduler.machines.apply(machineAdded({ name, systems, features, slots }));
  }
}

describe('a choice', () => {
  it.each(['window', 'clamped'])(
    'after any history is that of the plain rules, everything sorted anew (%s)',
    (policy) => {
      const options = { policy, windowMs: 300, clampCreditMs: 2 };
      fc.assert(
        fc.property(edges, fc.array(act, { minLength: 10, maxLength: 90 }), (inputs, acts) => {
          const contest = new Contest(options, inputs);
          for (const each of acts) contest.step(each);
        }),
        { numRuns: 700, seed: 7 },
      );
    },
  );
});
