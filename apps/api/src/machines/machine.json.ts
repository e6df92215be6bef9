import { z } from 'zod';
import type { MachineConfiguration } from '#domain';
import { hostKeyOf, machineNameOf, parseMachineUri } from '#nix';
import type { MachineView, RunningStep } from '#read-model';
import { commandDoor, door, withForm } from '../http/door.js';
import { seconds } from '../http/hydra.js';
import { text } from '../http/text.js';
import { addMachineForm, switchMachineForm } from './machine-fields.js';
import type { HostLoad } from '../scheduler/host-load.js';

const nameParam = text(255).min(1, 'must not be empty');
/** Forms send empty fields for what is not filled in. */
const filled = <T extends z.ZodType>(schema: T) => z.preprocess((value) => (value === '' ? undefined : value), schema);

/** Words as a list, or in one text as a machines file has them. */
const words = (rule: string) =>
  z.union(
    [
      z.array(text(255)).max(100),
      text(4096).transform((list) => list.split(/[\s,]+/).filter((word) => word !== '' && word !== '-')),
    ],
    rule,
  );
/** A number; also as text, which forms send. */
const number = (rule: string) =>
  z.union(
    [
      z.number(),
      z
        .string()
        .regex(/^\d{1,6}(\.\d{1,6})?$/)
        .transform(Number),
    ],
    rule,
  );

const uri = text(255).superRefine((value, context) => {
  const parsed = value === 'localhost' ? undefined : parseMachineUri(value);
  if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed });
});

/** As a line of a machines file, by Nix's names in camelCase where Hydra has none. */
const configurationShape = {
  uri,
  systemTypes: words('must be a list of system types'),
  sshKey: filled(
    text(4096)
      .regex(/^~?\/[!-~]*$/, 'must be the path of a file on the host of the queue runner')
      .optional(),
  ),
  maxJobs: filled(number('must be a whole number from 1 to 1024').default(1)),
  speedFactor: filled(number('must be a number over 0').default(1)),
  supportedFeatures: words('must be a list of features').default([]),
  mandatoryFeatures: words('must be a list of features').default([]),
  publicHostKey: filled(
    text(16_384)
      .refine((key) => hostKeyOf(key) !== undefined, 'must be the base64 of a line like `ssh-ed25519 AAAA…`')
      .optional(),
  ),
};

const params = { name: nameParam };
export const machinesDoor = door({});
export const machineDoor = door({ params });
export const addMachineDoor = withForm(
  commandDoor({ body: { name: filled(nameParam.optional()), ...configurationShape } }),
  addMachineForm,
);
export const changeMachineDoor = commandDoor({ params, body: configurationShape });
export const machineCommandDoor = withForm(commandDoor({ params }), switchMachineForm);

type Body = z.output<z.ZodObject<typeof configurationShape>>;

export const machineConfigurationOf = (body: Body): MachineConfiguration => ({
  uri: body.uri,
  systems: body.systemTypes,
  ...(body.sshKey === undefined ? {} : { sshKey: body.sshKey }),
  slots: body.maxJobs,
  speedFactor: body.speedFactor,
  features: body.supportedFeatures,
  mandatoryFeatures: body.mandatoryFeatures,
  ...(body.publicHostKey === undefined ? {} : { publicHostKey: body.publicHostKey }),
});

/** The name of a machine that was given none. */
export const nameOf = (body: Readonly<{ name?: string | undefined; uri: string }>): string =>
  body.name ?? machineNameOf(body.uri);

/** What the domain calls its fields, as clients spell them. */
export const FIELDS: Readonly<Record<string, string>> = {
  systems: 'systemTypes',
  slots: 'maxJobs',
  features: 'supportedFeatures',
};

/** How a machine stands, in one word. */
export type MachineState = 'removed' | 'disabled' | 'resting' | 'busy' | 'full' | 'idle';

export const stateOf = (
  { removed, disabled, disabledUntilMs, running, configuration }: MachineView,
  nowMs: number,
): MachineState => {
  if (removed) return 'removed';
  if (disabled) return 'disabled';
  if (disabledUntilMs > nowMs) return 'resting';
  if (running >= configuration.slots) return 'full';
  return running > 0 ? 'busy' : 'idle';
};

export type MachineContext = Readonly<{
  nowMs: number;
  running: readonly RunningStep[];
  /** unfinished builds by the system that they are for */
  queued: ReadonlyMap<string, number>;
  /** of the queue runner's host, which is the machine `localhost`; undefined: nobody says */
  host: HostLoad | undefined;
  /** a user's name by id */
  nameOf: (userId: string) => string;
  /** who may manage machines sees the file of the key */
  manages: boolean;
}>;

/** The machine that the queue runner itself runs on. */
const LOCALHOST = 'localhost';

/** How busy the host of a machine is, as far as somebody measures it. */
export const hostLoadOf = ({ name }: MachineView, { host }: Pick<MachineContext, 'host'>): HostLoad | undefined =>
  name === LOCALHOST ? host : undefined;

/** Unfinished builds that are for a system that a machine builds for. */
export const queuedFor = ({ configuration }: MachineView, { queued }: Pick<MachineContext, 'queued'>): number =>
  configuration.systems.reduce((sum, system) => sum + (queued.get(system) ?? 0), 0);

/** A machine as Hydra shows it in `GET /machines`, and what is ours. What is null is not measured; `score` is the speed. */
export const machineJson = (machine: MachineView, context: MachineContext) => {
  const { nowMs, running, nameOf: userOf, manages } = context;
  const { name, configuration, disabled, switchedBy, switchedAtMs, switchedReason } = machine;
  const state = stateOf(machine, nowMs);
  const free = machine.running < configuration.slots;
  return {
    systemTypes: configuration.systems,
    maxJobs: configuration.slots,
    speedFactor: configuration.speedFactor,
    supportedFeatures: configuration.features,
    mandatoryFeatures: configuration.mandatoryFeatures,
    primarySystemType: configuration.systems[0] ?? null,
    hasCapacity: state === 'idle' || state === 'busy',
    hasDynamicCapacity: null,
    hasStaticCapacity: free,
    score: configuration.speedFactor,
    stats: null,
    memTotal: null,
    name,
    uri: configuration.uri,
    source: machine.source,
    state,
    enabled: !disabled,
    currentJobs: machine.running,
    ...(switchedBy && {
      [disabled ? 'disabled' : 'reenabled']: {
        by: switchedBy.kind === 'user' ? userOf(switchedBy.id) : switchedBy.id,
        reason: switchedReason,
        time: seconds(switchedAtMs),
      },
    }),
    disabledUntil: machine.disabledUntilMs > nowMs ? seconds(machine.disabledUntilMs) : null,
    consecutiveFailures: machine.failures,
    lastFailure: machine.failedAtMs === null ? null : { time: seconds(machine.failedAtMs), error: machine.error },
    lastAbort: machine.lastAbort && {
      build: machine.lastAbort.buildId,
      stepnr: machine.lastAbort.nr,
      time: seconds(machine.lastAbort.stoppedAtMs),
      error: machine.lastAbort.error,
    },
    queuedBuilds: queuedFor(machine, context),
    host: hostLoadOf(machine, context) ?? null,
    idleSince: machine.running > 0 ? null : seconds(machine.lastStoppedAtMs),
    revision: machine.revision,
    ...(manages && configuration.sshKey !== undefined ? { sshKey: configuration.sshKey } : {}),
    ...(configuration.publicHostKey === undefined ? {} : { publicHostKey: configuration.publicHostKey }),
    running: running
      .filter((step) => step.machine === name)
      .map(({ buildId, nr, drvPath, system, slot, startedAtMs, project, jobset, job }) => ({
        build: buildId,
        stepnr: nr,
        drvpath: drvPath,
        system,
        slot,
        startTime: seconds(startedAtMs),
        project,
        jobset,
        job,
      })),
  };
};
