import type { BuildView, MachineView, RunningStep } from '#read-model';

/** What a build waits for, in words; `stuck`: waiting alone will not help, somebody has to do something. */
export type WaitsFor = Readonly<{ words: string; stuck: boolean }>;

/** What can be said of why a build waits without asking the queue runner, which the page `why` does. */
export const waitsFor = (
  build: BuildView,
  machines: readonly MachineView[],
  running: readonly RunningStep[] = [],
): WaitsFor => {
  const step = running.find(({ buildId }) => buildId === build.id);
  if (step) return { words: `a step of it runs on ${step.machine}`, stuck: false };
  const able = machines.filter(({ configuration }) => configuration.systems.includes(build.system));
  if (machines.length > 0 && able.length === 0) return { words: `no machine builds ${build.system}`, stuck: true };
  if (able.length > 0 && able.every(({ disabled }) => disabled))
    return { words: `every machine for ${build.system} is disabled`, stuck: true };
  if (build.globalPriority > 0) return { words: 'its turn; it was bumped', stuck: false };
  return { words: 'its turn, or what it needs', stuck: false };
};
