import { DEFAULT_OPTIONS } from '../../scheduler.js';
import { randomLog } from '../../../testing/random-log.js';
import { Recorder, type WorldStep } from '../../../testing/recorder.js';
import { FarmHistory } from './history.js';
import { type Changes, whatIf } from './what-if.js';

const STEPS = 40;
const MS = 60_000;

/** Two jobsets with equal shares and equal steps of a minute on one slot, all queued at once. `ends`: steps that come to their end. */
const twoJobsets = (ends = 2 * STEPS): Recorder => {
  const world = new Map<string, WorldStep>();
  for (let nr = 1; nr <= 2 * STEPS; nr += 1) {
    const drvPath = `/s/step${nr}.drv`;
    world.set(drvPath, { drvPath, system: 'x86_64-linux', features: [], preferLocalBuild: false, inputs: [] });
  }
  const farm = new Recorder(world);
  const about = { uri: 'm', systems: ['x86_64-linux'], slots: 1, speedFactor: 1, features: [], mandatoryFeatures: [] };
  farm.machine({ type: 'AddMachine', at: '', data: { name: 'm', source: 'rest', configuration: about } });
  farm.begin(DEFAULT_OPTIONS);
  for (let nr = 1; nr <= 2 * STEPS; nr += 1) farm.queueBuild(1 + (nr % 2), `/s/step${nr}.drv`, nr, 100);
  farm.hear();
  for (const wanted of [...farm.pending.values()]) farm.find(wanted);
  for (let nr = 0; nr < ends; nr += 1) {
    farm.dispatch();
    farm.flush();
    farm.nowMs += MS;
    for (const drvPath of [...farm.running.keys()]) farm.complete(drvPath, 'succeeded');
    farm.flush();
  }
  return farm;
};

const asked = ({ log }: Recorder, changes: Changes, interval = {}) => {
  const history = new FarmHistory(interval);
  for (const event of log) history.apply(event);
  const run = whatIf(history.finish(), changes);
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
  }
};

describe('recorded history under other rules', () => {
  it('is what really happened where the rules are the same', () => {
    const { real, recorded, changed, verdicts } = asked(twoJobsets(), {});
    expect(recorded).toEqual({ ...real, unfinished: 0 });
    expect(changed).toEqual(recorded);
    expect(real).toMatchObject({ machineMs: 2 * STEPS * MS, steps: 2 * STEPS, makespanMs: 2 * STEPS * MS });
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['same', 'same']);
  });

  it('lets the jobset win that gets more shares, at the cost of the other', () => {
    const { changed, recorded, verdicts } = asked(twoJobsets(), { shares: new Map([[1, 900]]) });
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['wins', 'loses']);
    expect(changed.makespanMs).toBe(recorded.makespanMs);
    expect(changed.jobsets.map(({ machineMs }) => machineMs)).toEqual([STEPS * MS, STEPS * MS]);
  });

  it('is done sooner with more slots', () => {
    const { changed } = asked(twoJobsets(), { slots: new Map([['x86_64-linux', 8]]) });
    expect(changed.makespanMs).toBe((2 * STEPS * MS) / 8);
  });

  it('takes the median of its jobset for a step that never ran, and says so', () => {
    const { recorded, guessed, notes } = asked(twoJobsets(STEPS), {});
    expect(recorded.machineMs).toBe(2 * STEPS * MS);
    expect(guessed).toBe(2 * STEPS); // half of all, in two simulations
    expect(notes.join()).toContain(`${2 * STEPS} attempts`);
  });

  it('begins in the middle with what was queued and used then', () => {
    const farm = twoJobsets();
    const fromMs = Date.parse(farm.log[0]!.metadata.at) + STEPS * MS + 1;
    const { recorded, real } = asked(farm, {}, { fromMs });
    expect(real.steps).toBe(STEPS - 1);
    expect(recorded.unfinished).toBe(0);
    expect(Math.abs(recorded.steps - STEPS)).toBeLessThanOrEqual(1);
  });

  it('runs whatever a farm wrote, under either policy', () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const farm = randomLog({ seed, actions: 400, policy: seed % 2 === 0 ? 'window' : 'clamped' });
      const { real, changed } = asked(farm, { policy: seed % 2 === 0 ? 'clamped' : 'hydra', windowMs: 3_600_000 });
      expect(changed.machineMs > 0 || real.machineMs === 0).toBe(true);
      const middle = Date.parse(farm.log[Math.floor(farm.log.length / 2)]!.metadata.at);
      asked(farm, {}, { fromMs: middle });
    }
  });
});
