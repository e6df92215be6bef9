import { type Command, type Decider, type Rejection, unreachable } from '../kernel/index.js';
import type { MachineConfiguration, MachineEvent, MachineFailed, MachineSource } from './events.js';

export type MachineCommand =
  | Command<'AddMachine', { name: string; source: MachineSource; configuration: MachineConfiguration }>
  | Command<'ChangeMachine', { name: string; source: MachineSource; configuration: MachineConfiguration }>
  | Command<'RemoveMachine', { name: string; source: MachineSource }>
  | Command<'DisableMachine', { name: string }>
  | Command<'EnableMachine', { name: string }>
  | Command<'FailMachine', Pick<MachineFailed['data'], 'name' | 'error' | 'failedAtMs'>>
  | Command<'RecoverMachine', { name: string }>;

export type MachineRejection = 'machine-exists' | 'machine-not-found' | 'machine-in-file' | 'invalid-machine';

export type MachineState = Readonly<{
  /** undefined: never added, or removed */
  configuration?: MachineConfiguration;
  source?: MachineSource;
  disabled: boolean;
  /** failures in a row */
  failures: number;
  failedAtMs: number;
  disabledUntilMs: number;
}>;

/** First wait after a failure; each further one in a row takes three times as long, up to the fourth (hydra-reference 5.5). */
export const MACHINE_BACK_OFF_MS = 60_000;
const BACK_OFF_FACTOR = 3;
const MOST_FAILURES = 4;
/** Failures so close together are one: several slots of a machine fail at once. */
export const SAME_FAILURE_MS = 30_000;

/** First character of a name that may stand in a URL's path, a stream's name and a machines file. */
const NAME = /^[A-Za-z0-9_[][A-Za-z0-9@._:/%+?=&[\]-]{0,254}$/;
/** Printable ASCII without comma and number sign. */
const WORD = /^[!"$-+\--~]+$/;
/** Slots that one machine may have. */
const MOST_SLOTS = 1024;

const check = ({
  name,
  configuration,
}: Readonly<{ name: string; configuration: MachineConfiguration }>): Rejection<'invalid-machine'> | undefined => {
  const broken = (field: string, detail: string): Rejection<'invalid-machine'> => ({
    rejected: 'invalid-machine',
    field,
    detail,
  });
  if (!NAME.test(name)) return broken('name', 'must be at most 255 letters, digits and @._:/%+?=&[]-');
  const { uri, systems, slots, speedFactor, features, mandatoryFeatures } = configuration;
  if (!NAME.test(uri)) return broken('uri', 'must be localhost, a host, or ssh://user@host');
  if (systems.length === 0 || !systems.every((word) => WORD.test(word)))
    return broken('systems', 'must be at least one system type without blanks or commas');
  if (!Number.isInteger(slots) || slots < 1 || slots > MOST_SLOTS)
    return broken('slots', `must be a whole number from 1 to ${MOST_SLOTS}`);
  if (!Number.isFinite(speedFactor) || speedFactor <= 0) return broken('speedFactor', 'must be a number over 0');
  for (const [field, words] of Object.entries({ features, mandatoryFeatures }))
    if (!words.every((word) => WORD.test(word))) return broken(field, 'must be words without blanks or commas');
  return undefined;
};

/** Equal as JSON: configurations are plain data whose keys always come in the same order from one source. */
const same = (a: MachineConfiguration | undefined, b: MachineConfiguration): boolean =>
  a !== undefined && canonical(a) === canonical(b);
const canonical = (configuration: MachineConfiguration): string =>
  JSON.stringify(Object.entries(configuration).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A build machine: added, changed and removed by its source; disabled and enabled by people; left alone after failures. */
export const machine: Decider<MachineState, MachineCommand, MachineEvent, MachineRejection> = {
  initial: { disabled: false, failures: 0, failedAtMs: 0, disabledUntilMs: 0 },
  decide: (command, state) => {
    const { type, data } = command;
    const known = state.configuration !== undefined;
    switch (type) {
      case 'AddMachine':
        // The file and the default say again what is; an administrator adds once.
        if (known && data.source === 'rest') return { rejected: 'machine-exists', field: 'name' };
        // Nobody configured the default: an administrator who changed it knows better.
        if (known && data.source === 'default' && state.source === 'rest') return [];
        if (known && same(state.configuration, data.configuration) && state.source === data.source) return [];
        return check(data) ?? [{ type: known ? 'MachineChanged' : 'MachineAdded', data }];
      case 'ChangeMachine':
        if (!known) return { rejected: 'machine-not-found', field: 'name' };
        if (data.source === 'rest' && state.source === 'file')
          return { rejected: 'machine-in-file', detail: 'the machines file says what it is: change it there' };
        if (same(state.configuration, data.configuration) && state.source === data.source) return [];
        return check(data) ?? [{ type: 'MachineChanged', data }];
      case 'RemoveMachine':
        if (!known) return data.source === 'rest' ? { rejected: 'machine-not-found', field: 'name' } : [];
        if (data.source === 'rest' && state.source === 'file')
          return { rejected: 'machine-in-file', detail: 'the machines file says what it is: change it there' };
        if (data.source !== 'rest' && data.source !== state.source) return [];
        return [{ type: 'MachineRemoved', data: { name: data.name } }];
      case 'DisableMachine':
        if (!known) return { rejected: 'machine-not-found', field: 'name' };
        return state.disabled ? [] : [{ type: 'MachineDisabled', data }];
      case 'EnableMachine':
        if (!known) return { rejected: 'machine-not-found', field: 'name' };
        return state.disabled ? [{ type: 'MachineEnabled', data }] : [];
      case 'FailMachine': {
        if (!known) return [];
        if (state.failures > 0 && data.failedAtMs - state.failedAtMs <= SAME_FAILURE_MS) return [];
        const failures = Math.min(state.failures + 1, MOST_FAILURES);
        const disabledUntilMs = data.failedAtMs + MACHINE_BACK_OFF_MS * BACK_OFF_FACTOR ** (failures - 1);
        return [{ type: 'MachineFailed', data: { ...data, failures, disabledUntilMs } }];
      }
      case 'RecoverMachine':
        return state.failures > 0 ? [{ type: 'MachineRecovered', data }] : [];
      default:
        return unreachable(type);
    }
  },
  evolve: (state, { type, data }) => {
    const rested = { failures: 0, failedAtMs: 0, disabledUntilMs: 0 };
    switch (type) {
      case 'MachineAdded':
        return { ...state, ...rested, configuration: data.configuration, source: data.source };
      case 'MachineChanged':
        return { ...state, ...rested, configuration: data.configuration, source: data.source };
      case 'MachineRemoved': {
        const { disabled } = state;
        return { ...rested, disabled };
      }
      case 'MachineDisabled':
        return { ...state, disabled: true };
      case 'MachineEnabled':
        return { ...state, ...rested, disabled: false };
      case 'MachineFailed': {
        const { failures, failedAtMs, disabledUntilMs } = data;
        return { ...state, failures, failedAtMs, disabledUntilMs };
      }
      case 'MachineRecovered':
        return { ...state, ...rested };
      default:
        return unreachable(type);
    }
  },
};
