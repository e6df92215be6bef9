import type { MachineConfiguration } from '#domain';
import {
  type BuildOutcome,
  type BuildRequest,
  BuildSlot,
  checkDerivation,
  type CheckOutcome,
  localServeCommand,
  type NixSettings,
} from '#nix';
import { LOCALHOST } from '#scheduler';

/** One attempt as a machine is asked for it. */
export type StepRequest = Pick<BuildRequest, 'drvPath' | 'limits' | 'onLog'> &
  Readonly<{
    /**
     * How often it is built again after a success, to see whether it always gives the same: else the outcome is
     * `not-deterministic`. Slots of this host do so; the outputs of others are taken as they are.
     */
    repeats?: number;
    /** Ends the builder, and the promise soon after. */
    signal: AbortSignal;
    /**
     * The builder is done and what follows (outputs that are fetched) needs no slot: it can take the next step. At most once,
     * and only from a slot that can build while it fetches; one that says nothing is free when the promise resolves.
     */
    onBuilt: () => void;
  }>;

/** What became of it. The outputs are in the local store when it is told. */
export type StepOutcome = BuildOutcome &
  Readonly<{
    /** The machine itself could not be used (unreachable, gone, refused a copy): why. It is left alone for a while. */
    machineFault?: string;
  }>;

/** A place on a machine where one step at a time is built. */
export interface MachineSlot {
  /** Builds one derivation of the local store. Never rejects for what a build or a machine does: that is an outcome. */
  build(request: StepRequest): Promise<StepOutcome>;
  /** Ends its connections, after what it still fetches. Called once, when nothing is built. */
  close(): Promise<void>;
}

export type SlotContext = Readonly<{
  /** of this host */
  nix: NixSettings;
  /** Unix milliseconds */
  now: () => number;
}>;

/** Opens a slot of a machine: connects lazily, so that it cannot fail. */
export type OpenSlot = (
  machine: Readonly<{ name: string; configuration: MachineConfiguration }>,
  context: SlotContext,
) => MachineSlot;

/**
 * A slot of this host. Its failures are told by the retries of the steps alone: without the host that runs the queue runner
 * nothing could be built at all, so it is never left alone.
 */
export const openLocalSlot = ({ nix, now }: SlotContext): MachineSlot => {
  const slot = new BuildSlot({ settings: nix, command: localServeCommand(nix), now });
  const built = (request: StepRequest, repeats: number): Promise<StepOutcome> =>
    // Only when it was built again as well can the slot take the next one.
    slot.build(repeats > 0 ? { ...request, onBuilt: () => undefined } : request);
  return {
    build: async (request) => {
      const { repeats = 0 } = request;
      const first = await built(request, repeats);
      // What was there already was not built here: there is nothing to compare it with.
      if (first.kind !== 'succeeded' || repeats === 0) return first;
      const { kind, message } = await buildAgain(nix, request, repeats);
      const stoppedAt = now();
      if (kind === 'same') return { ...first, stoppedAt, timesBuilt: first.timesBuilt + repeats };
      return { ...first, kind, message, stoppedAt, retryable: kind === 'misc-failure', outputs: new Map() };
    },
    close: () => slot.close(),
  };
};

const buildAgain = async (nix: NixSettings, request: StepRequest, times: number): Promise<CheckOutcome> => {
  let outcome: CheckOutcome = { kind: 'same', message: '' };
  for (let time = 0; time < times && outcome.kind === 'same'; time++) outcome = await checkDerivation(nix, request);
  return outcome;
};

/** A machine that is this host. */
export const isLocal = ({ uri }: MachineConfiguration): boolean => uri === LOCALHOST;

/** Slots of this host; what is elsewhere is opened by `remote`. */
export const slotsOf =
  (remote: OpenSlot): OpenSlot =>
  (machine, context) =>
    isLocal(machine.configuration) ? openLocalSlot(context) : remote(machine, context);
