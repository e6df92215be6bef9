import type { Step } from './step.js';

/** Something that builds. */
export type Machine = Readonly<{
  name: string;
  systems: readonly string[];
  /** features it offers */
  features: readonly string[];
  /** features that a step must ask for to be built there */
  mandatoryFeatures: readonly string[];
  slots: number;
  /** relative, 1 is the norm */
  speedFactor: number;
}>;

/** Machine of this host, where none is configured. */
export const LOCALHOST = 'localhost';

/** System of derivations that Nix builds by itself, on whatever it runs. */
const BUILTIN = 'builtin';

/** What a machine must be for a step (hydra-reference 2f). */
export const supports = (machine: Machine, step: Pick<Step, 'system' | 'features' | 'preferLocalBuild'>): boolean =>
  (step.system === BUILTIN || machine.systems.includes(step.system)) &&
  step.features.every((feature) => machine.features.includes(feature) || machine.mandatoryFeatures.includes(feature)) &&
  machine.mandatoryFeatures.every(
    (feature) => step.features.includes(feature) || (feature === 'local' && step.preferLocalBuild),
  );

const kinds = new WeakMap<Machine, string>();

/** Names all machines that can build the same steps. */
export const kindOf = (machine: Machine): string => {
  let kind = kinds.get(machine);
  if (kind === undefined) {
    const { systems, features, mandatoryFeatures } = machine;
    kinds.set(machine, (kind = JSON.stringify([systems, features, mandatoryFeatures].map((each) => [...each].sort()))));
  }
  return kind;
};

/** A machine and the slots of it that are taken now. */
export type Load = Readonly<{ machine: Machine; running: number }>;

/** Machines in the order in which they are offered work: least loaded for its speed, then fastest, then busiest. */
export const byPreference = (a: Load, b: Load): number =>
  Math.round(a.running / a.machine.speedFactor) - Math.round(b.running / b.machine.speedFactor) ||
  b.machine.speedFactor - a.machine.speedFactor ||
  b.running - a.running ||
  (a.machine.name < b.machine.name ? -1 : 1);
