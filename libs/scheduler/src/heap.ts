/** A binary heap whose items can be taken out from the middle: all costs are logarithmic in its size. */
export class Heap<T> {
  private readonly items: T[] = [];
  private readonly places = new Map<T, number>();

  /** `before` is negative where `a` comes first; it must be total, so that the order never hangs on the history. */
  constructor(private readonly before: (a: T, b: T) => number) {}

  get size(): number {
    return this.items.length;
  }

  /** First by the order; undefined where there is none. */
  get top(): T | undefined {
    return this.items[0];
  }

  /** Throws on an item that is in already: its place would be lost. */
  add(item: T): void {
    if (this.places.has(item)) throw new Error('the heap holds this item already');
    this.put(item, this.items.length);
    this.up(this.items.length - 1);
  }

  /** Whether it was there. */
  remove(item: T): boolean {
    const place = this.places.get(item);
    if (place === undefined) return false;
    const last = this.items.pop()!;
    this.places.delete(item);
    if (place < this.items.length) {
      this.put(last, place);
      this.up(place);
      this.down(this.places.get(last)!);
    }
    return true;
  }

  /** The item's rank has changed, and no other's. Whether it is there. */
  moved(item: T): boolean {
    const place = this.places.get(item);
    if (place === undefined) return false;
    this.up(place);
    this.down(this.places.get(item)!);
    return true;
  }

  pop(): T | undefined {
    const first = this.items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  private put(item: T, place: number): void {
    this.items[place] = item;
    this.places.set(item, place);
  }

  private up(from: number): void {
    const item = this.items[from]!;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.before(item, this.items[parent]!) >= 0) break;
      this.put(this.items[parent]!, place);
      place = parent;
    }
    this.put(item, place);
  }

  private down(from: number): void {
    const item = this.items[from]!;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.items.length) break;
      if (child + 1 < this.items.length && this.before(this.items[child + 1]!, this.items[child]!) < 0) child += 1;
      if (this.before(this.items[child]!, item) >= 0) break;
      this.put(this.items[child]!, place);
      place = child;
    }
    this.put(item, place);
  }
}
