import { DEFAULT_OPTIONS } from '../../libs/scheduler/src/index.js';
import { diceOf, Recorder, type Recorded, type WorldStep } from '../../libs/scheduler/testing/recorder.js';

const JOBSETS = 50;
const MACHINES = 8;
const SLOTS = 16;
const BACKLOG = 1000;
const STEPS = 3;

/** A busy farm's log in chunks: a backlog of builds of a few steps each, over many jobsets. The recorder forgets what it handed out. */
export function* farmLog(events: number): Generator<readonly Recorded[]> {
  const dice = diceOf(4711);
  const world = new Map<string, WorldStep>();
  const farm = new Recorder(world);
  for (let nr = 1; nr <= MACHINES; nr += 1) {
    const name = `machine${nr}`;
    const speed = { slots: SLOTS, speedFactor: 1, features: [], mandatoryFeatures: [] };
    const configuration = { uri: name, systems: ['x86_64-linux'], ...speed };
    farm.machine({ type: 'AddMachine', at: '', data: { name, source: 'rest', configuration } });
  }
  for (let id = 1; id <= JOBSETS; id += 1) farm.setShares(id, 50 + dice(400), 100);
  farm.begin(DEFAULT_OPTIONS);
  let told = 0;
  let buildId = 0;
  while (told < events) {
    while (farm.queued.size < BACKLOG) {
      buildId += 1;
      for (let nr = 0; nr < STEPS; nr += 1) {
        const drvPath = `/nix/store/${String(buildId).padStart(32, '0')}-step-${nr}.drv`;
        const inputs = nr === 0 ? [] : [`/nix/store/${String(buildId).padStart(32, '0')}-step-${nr - 1}.drv`];
        world.set(drvPath, { drvPath, system: 'x86_64-linux', features: [], preferLocalBuild: false, inputs });
      }
      const top = `/nix/store/${String(buildId).padStart(32, '0')}-step-${STEPS - 1}.drv`;
      farm.queueBuild(1 + dice(JOBSETS), top, buildId, 100);
      farm.hear();
      for (const wanted of [...farm.pending.values()]) farm.find(wanted);
    }
    if (dice(100) === 0) farm.setShares(1 + dice(JOBSETS), 50 + dice(400), 100);
    farm.hear();
    while (farm.dispatch());
    farm.nowMs += dice(2000);
    let ending = 1 + dice(20);
    for (const drvPath of farm.running.keys()) {
      if ((ending -= 1) < 0) break;
      farm.complete(drvPath, 'succeeded');
      world.delete(drvPath);
      farm.done.clear();
    }
    farm.flush();
    if (farm.log.length < 5000) continue;
    told += farm.log.length;
    yield farm.log.splice(0);
  }
}
