import type { MachineConfiguration } from '#domain';
import type { Machines } from '#scheduler';
import type { MachineSlot, OpenSlot, SlotContext } from './machine-slots.js';

/** A taken slot; `give` it back once, when nothing is built in it. */
export type TakenSlot = Readonly<{ number: number; slot: MachineSlot; give: () => void }>;

type Pool = Readonly<{
  configuration: MachineConfiguration;
  /** by number, from 1 */
  idle: Map<number, MachineSlot>;
}>;

/** The slots of all machines, opened when they are first needed. A machine that changes or goes loses its idle ones at once. */
export class SlotPools {
  private readonly pools = new Map<string, Pool>();
  /** numbers of taken slots by machine, those of its former configurations included */
  private readonly taken = new Map<string, Set<number>>();
  private readonly closing = new Set<Promise<void>>();

  constructor(
    private readonly machines: Machines,
    private readonly open: OpenSlot,
    private readonly context: SlotContext,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** A slot of a machine that has one free: that of the lowest number. */
  take(name: string): TakenSlot {
    const pool = this.poolOf(name);
    const taken = this.taken.get(name) ?? new Set();
    this.taken.set(name, taken);
    let number = 1;
    while (taken.has(number)) number += 1;
    const slot = pool.idle.get(number) ?? this.open({ name, configuration: pool.configuration }, this.context);
    pool.idle.delete(number);
    taken.add(number);
    const give = (): void => {
      taken.delete(number);
      // What its machine is meanwhile may be something else.
      if (this.pools.get(name) === pool) pool.idle.set(number, slot);
      else this.end(slot);
    };
    return { number, slot, give };
  }

  /** Slots of the machine that are taken. */
  takenOf(name: string): number {
    return this.taken.get(name)?.size ?? 0;
  }

  /** Machines were changed or removed. */
  refresh(): void {
    for (const [name, pool] of this.pools) {
      if (this.machines.state(name)?.configuration === pool.configuration) continue;
      this.pools.delete(name);
      for (const slot of pool.idle.values()) this.end(slot);
    }
  }

  /** Closes all slots; none may be taken. */
  async close(): Promise<void> {
    for (const [name, { idle }] of this.pools) {
      this.pools.delete(name);
      for (const slot of idle.values()) this.end(slot);
    }
    await Promise.all(this.closing);
  }

  private poolOf(name: string): Pool {
    const known = this.pools.get(name);
    if (known) return known;
    const configuration = this.machines.state(name)?.configuration;
    if (configuration === undefined) throw new Error(`no machine '${name}'`);
    const pool: Pool = { configuration, idle: new Map() };
    this.pools.set(name, pool);
    return pool;
  }

  private end(slot: MachineSlot): void {
    const closing = slot
      .close()
      .catch((error: Error) => this.onFailure(error))
      .finally(() => this.closing.delete(closing));
    this.closing.add(closing);
  }
}
