import type { MachineAdded } from '#domain';
import type { Machine } from '../src/index.js';

/** The event that brings a machine; slots of `x86_64-linux` where nothing else is said. */
export const machineAdded = ({
  name = 'localhost',
  systems = ['x86_64-linux'],
  features = [],
  mandatoryFeatures = [],
  slots = 1,
  speedFactor = 1,
}: Partial<Machine> = {}): MachineAdded => ({
  type: 'MachineAdded',
  data: {
    name,
    source: 'rest',
    configuration: { uri: name, systems, features, mandatoryFeatures, slots, speedFactor },
  },
});
