import { Heap } from './heap.js';
import { byPreference, kindOf, type Load, type Machine } from './machine.js';
import type { Machines } from './machines.js';

type Place = { readonly machine: Machine; running: number };

/**
 * The slots of the machines. Those with a free one stand in a heap for each kind of machine, in the order in which they
 * are offered work: who of a kind is first finds nothing to build only where the others would not either.
 */
export class Fleet {
  private readonly taken = new Map<string, number>();
  private readonly places = new Map<string, Place>();
  private readonly kinds = new Map<string, Heap<Place>>();
  private version = -1;
  private returnsAtMs: number | undefined;
  private seenMs = 0;

  constructor(private readonly machines: Machines) {}

  /** Slots taken of the machine. */
  running(name: string): number {
    return this.taken.get(name) ?? 0;
  }

  take(name: string): void {
    this.set(name, this.running(name) + 1);
  }

  give(name: string): void {
    this.set(name, this.running(name) - 1);
  }

  /** Nothing runs anywhere. */
  empty(): void {
    this.taken.clear();
    this.version = -1;
  }

  /** The first of each kind of machine that has a free slot, in the order of preference. */
  offers(nowMs: number): readonly Load[] {
    this.refresh(nowMs);
    const first: Place[] = [];
    for (const { top } of this.kinds.values()) if (top) first.push(top);
    return first.sort(byPreference);
  }

  private set(name: string, running: number): void {
    this.taken.set(name, running);
    const place = this.places.get(name);
    if (place === undefined) return;
    const heap = this.kinds.get(kindOf(place.machine))!;
    place.running = running;
    if (running >= place.machine.slots) heap.remove(place);
    else if (!heap.moved(place)) heap.add(place);
  }

  /** Machines changed, or one may be used again that had failed. */
  private refresh(nowMs: number): void {
    const { version } = this.machines;
    const returned = this.returnsAtMs !== undefined && this.returnsAtMs <= nowMs;
    if (version === this.version && !returned && nowMs >= this.seenMs) return;
    this.version = version;
    this.seenMs = nowMs;
    this.returnsAtMs = this.machines.nextReturnMs(nowMs);
    this.places.clear();
    this.kinds.clear();
    for (const machine of this.machines.usable(nowMs)) {
      const place = { machine, running: this.running(machine.name) };
      const kind = kindOf(machine);
      const heap = this.kinds.get(kind) ?? new Heap<Place>(byPreference);
      this.kinds.set(kind, heap);
      this.places.set(machine.name, place);
      if (place.running < machine.slots) heap.add(place);
    }
  }
}
