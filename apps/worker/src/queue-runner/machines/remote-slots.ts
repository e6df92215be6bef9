import type { MachineConfiguration } from '#domain';
import { BuildSlot, RemoteStore, type SshCommand, sshServeCommand } from '#nix';
import type { MachineSlot, OpenSlot, SlotContext, StepOutcome } from '../machine-slots.js';

/** How a machine is reached: the command that serves its store. */
export type CommandOf = (
  configuration: MachineConfiguration,
  env: Readonly<Record<string, string>>,
) => Promise<SshCommand>;

type Reached = SshCommand & Readonly<{ copies: RemoteStore }>;
type Shared = { slots: number; reached: Promise<Reached> | undefined };

/** Slots of other machines. Those of one machine share what is copied to and from it. */
export const createRemoteSlots = (commandOf: CommandOf = sshServeCommand): OpenSlot => {
  const machines = new Map<string, Shared>();

  const reach = async (configuration: MachineConfiguration, { nix }: SlotContext): Promise<Reached> => {
    const found = await commandOf(configuration, nix.env);
    return { ...found, copies: new RemoteStore({ settings: nix, command: found.command }) };
  };

  return ({ name, configuration }, context) => {
    const key = `${name}\n${JSON.stringify(configuration)}`;
    const shared: Shared = machines.get(key) ?? { slots: 0, reached: undefined };
    machines.set(key, shared);
    shared.slots += 1;
    let slot: BuildSlot | undefined;
    /** What is built, and what only fetches its outputs, though the slot was given back. */
    const under = new Set<Promise<StepOutcome>>();

    const opened = async (): Promise<BuildSlot> => {
      shared.reached ??= reach(configuration, context);
      // The next build tries again.
      shared.reached.catch(() => (shared.reached = undefined));
      const { command, copies } = await shared.reached;
      return (slot ??= new BuildSlot({ settings: context.nix, command, now: context.now, copies }));
    };

    const attempt: MachineSlot['build'] = async (request) => {
      const startedAt = context.now();
      try {
        return await (await opened()).build(request);
      } catch (error) {
        return unreached((error as Error).message, startedAt, context.now());
      }
    };

    const build: MachineSlot['build'] = (request) => {
      const running = attempt(request);
      under.add(running);
      return running.finally(() => under.delete(running));
    };

    const close = async (): Promise<void> => {
      await Promise.allSettled(under);
      await slot?.close();
      shared.slots -= 1;
      if (shared.slots > 0) return;
      machines.delete(key);
      const reached = await shared.reached?.catch(() => undefined);
      await reached?.copies.close();
      await reached?.remove();
    };
    return { build, close };
  };
};

const unreached = (message: string, startedAt: number, stoppedAt: number): StepOutcome => ({
  kind: 'misc-failure',
  message,
  machineFault: message,
  retryable: true,
  startedAt,
  stoppedAt,
  started: false,
  timesBuilt: 0,
  outputs: new Map(),
});
