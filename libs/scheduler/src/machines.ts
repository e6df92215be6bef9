import { type DomainEvent, machine as decider, type MachineState } from '#domain';
import type { Machine } from './machine.js';

type MachineEvent = Extract<DomainEvent, { type: `Machine${string}` }>;

/** A machine as the log knows it. Times are Unix milliseconds. */
export type KnownMachine = Readonly<{
  machine: Machine;
  /** an administrator has not disabled it */
  enabled: boolean;
  /** it failed and is left alone until then; 0: no */
  disabledUntilMs: number;
}>;

/** All machines, folded from their events. A removed one is forgotten. */
export class Machines {
  private readonly states = new Map<string, MachineState>();
  private readonly known = new Map<string, KnownMachine>();
  private changes = 0;

  /** Another number after each event. */
  get version(): number {
    return this.changes;
  }

  apply({ data, type }: MachineEvent): void {
    this.changes += 1;
    const { name } = data;
    const state = decider.evolve(this.states.get(name) ?? decider.initial, { type, data } as MachineEvent);
    this.states.set(name, state);
    if (state.configuration === undefined) {
      this.known.delete(name);
      return;
    }
    const { systems, features, mandatoryFeatures, slots, speedFactor } = state.configuration;
    this.known.set(name, {
      machine: { name, systems, features, mandatoryFeatures, slots, speedFactor },
      enabled: !state.disabled,
      disabledUntilMs: state.disabledUntilMs,
    });
  }

  /** What the domain knows of it; undefined where it was never heard of. */
  state(name: string): MachineState | undefined {
    return this.states.get(name);
  }

  get(name: string): KnownMachine | undefined {
    return this.known.get(name);
  }

  /** In the order in which they were first heard of. */
  all(): readonly KnownMachine[] {
    return [...this.known.values()];
  }

  /** Those that may get a step at a moment. */
  usable(nowMs: number): readonly Machine[] {
    return this.all()
      .filter(({ enabled, disabledUntilMs }) => enabled && disabledUntilMs <= nowMs)
      .map(({ machine }) => machine);
  }

  /** When the next one that failed may be used again; undefined where none waits. */
  nextReturnMs(nowMs: number): number | undefined {
    const waits = this.all()
      .filter(({ enabled, disabledUntilMs }) => enabled && disabledUntilMs > nowMs)
      .map(({ disabledUntilMs }) => disabledUntilMs);
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }
}
