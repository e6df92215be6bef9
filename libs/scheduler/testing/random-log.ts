import type { MachineConfiguration } from '#domain';
import { DEFAULT_OPTIONS, type SchedulerOptions } from '../src/scheduler.js';
import { type Dice, diceOf, Recorder, type WorldStep } from './recorder.js';

const SYSTEMS = ['x86_64-linux', 'aarch64-linux'];
const FEATURES = ['kvm', 'big-parallel'];

/** Derivations of which each needs a few of those before it. */
const worldOf = (dice: Dice, size: number): Map<string, WorldStep> => {
  const world = new Map<string, WorldStep>();
  for (let n = 0; n < size; n += 1) {
    const inputs = Array.from({ length: dice(4) }, () => `/s/drv${Math.max(0, n - 1 - dice(12))}.drv`);
    const drvPath = `/s/drv${n}.drv`;
    world.set(drvPath, {
      drvPath,
      system: SYSTEMS[dice(5) === 0 ? 1 : 0]!,
      features: FEATURES.filter(() => dice(8) === 0),
      preferLocalBuild: dice(10) === 0,
      inputs: n === 0 ? [] : [...new Set(inputs)],
    });
  }
  return world;
};

const configurationOf = (dice: Dice, uri: string): MachineConfiguration => ({
  uri,
  systems: dice(2) === 0 ? SYSTEMS : SYSTEMS.slice(0, 1),
  slots: 1 + dice(3),
  speedFactor: 1 + dice(2),
  features: FEATURES,
  mandatoryFeatures: dice(6) === 0 ? ['big-parallel'] : [],
});

export type RandomLogOptions = Readonly<{
  seed: number;
  /** things that happen */
  actions: number;
  policy?: string;
  windowMs?: number;
  clampCreditMs?: number;
}>;

/**
 * What a farm might write in some hours: builds that share steps, people who change shares, bump and cancel, machines that fail,
 * starts that are refused or come late, queue runners that die. The same seed gives the same log.
 */
export const randomLog = ({ seed, actions, ...rules }: RandomLogOptions): Recorder => {
  const dice = diceOf(seed * 7919 + 17);
  for (let warm = 0; warm < 8; warm += 1) dice(2);
  const options: SchedulerOptions = { ...DEFAULT_OPTIONS, clampCreditMs: 60_000, ...rules };
  const world = worldOf(dice, 40 + dice(Math.max(40, Math.floor(actions / 8))));
  const paths = [...world.keys()];
  const farm = new Recorder(world);
  const machines = ['m1', 'm2', 'm3'];
  for (const name of machines.slice(0, 1 + dice(3)))
    farm.machine({
      type: 'AddMachine',
      at: '',
      data: { name, source: 'rest', configuration: configurationOf(dice, name) },
    });
  farm.setShares(1, 300, 100);
  farm.begin(options);
  const pick = <T>(of: Iterable<T>): T | undefined => {
    const all = [...of];
    return all[dice(Math.max(1, all.length))];
  };
  let buildId = 0;
  let wait = 0;

  const fill = (): void => {
    farm.nowMs += dice(5);
    if (dice(25) === 0) {
      const refused = farm.dispatch(true);
      for (let more = dice(3); refused && more > 0; more -= 1) farm.dispatch();
      for (const act of ['free', 'complete', 'find']) if (refused && dice(2) === 0) acts[act]!();
      if (dice(2) === 0) farm.flush();
      if (refused) farm.withdraw(refused);
      return;
    }
    for (let most = 1 + dice(6); most > 0 && farm.dispatch(); most -= 1);
  };
  const acts: Record<string, () => void> = {
    queue: () => {
      for (let more = dice(3); more >= 0; more -= 1)
        farm.queueBuild(1 + dice(4), pick(paths)!, (buildId += 1), 100 + dice(3));
    },
    hear: () => farm.hear(1 + dice(4)),
    find: () => {
      const wanted = pick(farm.pending.values());
      if (wanted) farm.find(wanted);
    },
    fill,
    free: () => {
      const drvPath = pick(farm.running.keys());
      if (drvPath) farm.free(drvPath);
    },
    complete: () => {
      const drvPath = pick(farm.doomed) ?? pick(farm.running.keys());
      if (drvPath === undefined || !farm.running.has(drvPath)) return;
      farm.nowMs += 1 + dice(90_000);
      const luck = dice(20);
      if (farm.doomed.has(drvPath)) farm.complete(drvPath, 'cancelled');
      else if (luck === 0) farm.complete(drvPath, 'failed');
      else if (luck === 1) farm.complete(drvPath, 'timed-out');
      else if (luck < 4) farm.complete(drvPath, 'aborted', dice(120_000));
      else farm.complete(drvPath, 'succeeded');
    },
    shares: () => farm.setShares(1 + dice(4), 1 + dice(400), 100),
    bump: () => {
      const wanted = pick(farm.queued.values());
      if (wanted) farm.bump(wanted.buildId);
    },
    cancel: () => {
      const wanted = pick(farm.queued.values());
      if (wanted) farm.cancel(wanted);
    },
    machine: () => {
      const name = pick(machines)!;
      const luck = dice(6);
      if (luck < 2)
        farm.machine({ type: 'FailMachine', at: '', data: { name, error: 'gone', failedAtMs: farm.nowMs } });
      else if (luck === 2) farm.machine({ type: 'RecoverMachine', at: '', data: { name } });
      else if (luck === 3) farm.machine({ type: 'DisableMachine', at: '', data: { name } });
      else {
        farm.machine({ type: 'EnableMachine', at: '', data: { name } });
        farm.machine({
          type: 'AddMachine',
          at: '',
          data: { name, source: 'file', configuration: configurationOf(dice, name) },
        });
      }
    },
    flush: () => farm.flush(),
    late: () => {
      const first = farm.dispatch();
      farm.dispatch();
      if (first) farm.flush(first.dispatch.basis!.nr);
    },
    begin: () => {
      if (dice(2) === 0) farm.flush();
      farm.nowMs += dice(5000);
      farm.begin(options);
    },
  };
  // How often each happens, among a hundred or so.
  const odds = {
    queue: 10,
    hear: 14,
    find: 14,
    fill: 16,
    free: 4,
    complete: 22,
    shares: 2,
    bump: 1,
    cancel: 2,
    machine: 2,
    flush: 10,
    late: 1,
  };
  const bag = Object.entries(odds).flatMap(([name, times]) => Array.from({ length: times }, () => name));
  for (let done = 0; done < actions; done += 1) {
    farm.nowMs += dice(2000);
    acts[done > 0 && dice(200) === 0 ? 'begin' : bag[dice(bag.length)]!]!();
    if ((wait += 1) % 50 === 0) farm.hear();
  }
  farm.flush();
  return farm;
};
