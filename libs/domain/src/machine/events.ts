import { type Event, FIRST, type TypeVersions } from '../kernel/index.js';

/**
 * Where a machine comes from: this host where nothing else is configured, a line of the machines file, or an administrator.
 */
export type MachineSource = 'default' | 'file' | 'rest';

/** A build machine, with the fields of a line of Nix's machines file. */
export type MachineConfiguration = Readonly<{
  /** `localhost`, or how ssh reaches it: `ssh://user@host` or `host` */
  uri: string;
  systems: readonly string[];
  /** file of the ssh identity on the worker's host */
  sshKey?: string;
  /** builds at once */
  slots: number;
  /** relative, over 0; 1 is the norm */
  speedFactor: number;
  features: readonly string[];
  /** features that a step must ask for to be built there */
  mandatoryFeatures: readonly string[];
  /** base64 of the line of its public host key */
  publicHostKey?: string;
}>;

/** The machine takes part. */
export type MachineAdded = Event<
  'MachineAdded',
  { name: string; source: MachineSource; configuration: MachineConfiguration }
>;
/** Its configuration is this one from now on. */
export type MachineChanged = Event<
  'MachineChanged',
  { name: string; source: MachineSource; configuration: MachineConfiguration }
>;
/** It is gone from its source; what it built stays. */
export type MachineRemoved = Event<'MachineRemoved', { name: string }>;
/** It gets no more steps; running ones go on. */
export type MachineDisabled = Event<'MachineDisabled', { name: string }>;
/** It gets steps again. */
export type MachineEnabled = Event<'MachineEnabled', { name: string }>;
/** It could not be used: it is left alone for a while. */
export type MachineFailed = Event<
  'MachineFailed',
  {
    name: string;
    error: string;
    /** in a row, this one included; at most 4 count */
    failures: number;
    /** Unix milliseconds */
    failedAtMs: number;
    /** Unix milliseconds until which it gets no step */
    disabledUntilMs: number;
  }
>;
/** It answered after failures. */
export type MachineRecovered = Event<'MachineRecovered', { name: string }>;

export type MachineEvent =
  MachineAdded | MachineChanged | MachineRemoved | MachineDisabled | MachineEnabled | MachineFailed | MachineRecovered;

/** Stream of a machine. */
export const machineStream = (name: string): string => `machine-${name}`;

export const machineVersions: Readonly<Record<MachineEvent['type'], TypeVersions>> = {
  MachineAdded: FIRST,
  MachineChanged: FIRST,
  MachineRemoved: FIRST,
  MachineDisabled: FIRST,
  MachineEnabled: FIRST,
  MachineFailed: FIRST,
  MachineRecovered: FIRST,
};
