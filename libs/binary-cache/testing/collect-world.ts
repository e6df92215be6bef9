import type { Bucket, CondemnedObject, CondemnedStore } from '../src/index.js';

/** A path of a model store: its name, and those that it refers to, all before it. */
export type ModelPath = Readonly<{ path: string; references: readonly number[] }>;

/** Store paths with hashes of Nix's alphabet; `edges[i]` picks what path i refers to. */
export const modelStore = (edges: readonly (readonly number[])[]): readonly ModelPath[] =>
  edges.map((picked, index) => ({
    path: `/nix/store/${String(index).padStart(2, '0').repeat(16)}-p${index}`,
    references: index === 0 ? [] : [...new Set(picked.map((n) => n % index))],
  }));

export const closureOf = (paths: readonly ModelPath[], roots: readonly string[]): string[] => {
  const byPath = new Map(paths.map((each, index) => [each.path, index]));
  const seen = new Set<number>();
  const visit = (index: number): void => {
    if (seen.has(index)) return;
    paths[index]!.references.forEach(visit);
    seen.add(index);
  };
  roots.forEach((root) => visit(byPath.get(root)!));
  return [...seen].sort((a, b) => a - b).map((index) => paths[index]!.path);
};

/** A process of the model: killed, it does nothing more, but a request that it sent may still arrive. */
export class Actor {
  dead = false;
  /** Requests that were sent and did not arrive. */
  flying = 0;
  constructor(private readonly step: (label: string) => Promise<void>) {}

  /** Sends something, which takes effect at once when it arrives, and waits for the answer. */
  async ask<T>(label: string, effect: () => T): Promise<T> {
    if (this.dead) throw new KilledError();
    this.flying += 1;
    try {
      await this.step(label);
    } finally {
      this.flying -= 1;
    }
    const answer = effect();
    await this.step(`${label} answered`);
    if (this.dead) throw new KilledError();
    return answer;
  }
}

export class KilledError extends Error {}

const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What stands in the bucket, what is condemned, the log of uploads and the mark, shared by all actors. */
export class World {
  readonly objects = new Map<string, string>();
  readonly condemned = new Map<string, CondemnedObject>();
  readonly uploads: { roots: readonly string[]; open: boolean }[] = [];
  readonly roots = new Set<string>();
  mark: { round: string; by: Actor } | undefined;
  private token: Actor | undefined;
  now = 1_000;
  private ids = 0;
  constructor(private readonly onChange: () => void = () => undefined) {}

  nextId = (): string => `${(this.ids += 1)}`;

  put(key: string): void {
    this.objects.set(key, this.nextId());
    this.onChange();
  }

  private delete(keys: readonly string[]): void {
    // S3 promises no order within a request, and a reader may look in between.
    for (const key of keys) {
      this.objects.delete(key);
      this.onChange();
    }
  }

  /** The bucket as an actor sees it, in pages of three. */
  bucket(actor: Actor): Bucket {
    const { objects } = this;
    const remove = (keys: readonly string[]): void => this.delete(keys);
    const none = (): never => {
      throw new Error('the collector does not do that');
    };
    return {
      name: 'model',
      head: none,
      put: none,
      putParts: none,
      abortUpload: none,
      delete: none,
      stream: none,
      close: () => undefined,
      get: (key) =>
        actor.ask('get', () => (objects.has(key) ? { body: Buffer.from('no narinfo'), etag: '' } : undefined)),
      deleteMany: (keys) => actor.ask('delete', () => remove(keys)),
      list: async function* (prefix) {
        for (let after = ''; ;) {
          const page = await actor.ask('list', () =>
            [...objects]
              .filter(([key]) => key.startsWith(prefix) && bytewise(key, after) > 0)
              .sort(([a], [b]) => bytewise(a, b))
              .slice(0, 3)
              .map(([key, etag]) => ({ key, etag, size: 1 })),
          );
          yield page;
          if (page.length < 3) return;
          after = page.at(-1)!.key;
        }
      },
    };
  }

  /** The table of condemned objects as an actor sees it, who takes it over. */
  async table(actor: Actor): Promise<CondemnedStore> {
    await actor.ask('take', () => void (this.token = actor));
    /** What comes from a collector that another one followed has no effect. */
    const mine = <T>(effect: () => T) => {
      return () => (this.token === actor ? { value: effect() } : undefined);
    };
    const change = async <T>(label: string, effect: () => T): Promise<T> => {
      const done = await actor.ask(label, mine(effect));
      if (!done) throw new KilledError('superseded');
      return done.value;
    };
    const sorted = (): CondemnedObject[] => [...this.condemned.values()].sort((a, b) => bytewise(a.key, b.key));
    const rank = (key: string): number => (key.endsWith('.narinfo') ? 0 : 1);
    return {
      between: (after, to) =>
        actor.ask('between', () =>
          sorted().filter(({ key }) => bytewise(key, after) > 0 && (to === undefined || bytewise(key, to) <= 0)),
        ),
      put: (objects) =>
        change('condemn', () => {
          for (const object of objects)
            if (this.condemned.get(object.key)?.etag !== object.etag) this.condemned.set(object.key, object);
        }),
      remove: (keys) => change('forget', () => keys.forEach((key) => this.condemned.delete(key))),
      due: (untilMs, limit, after) =>
        actor.ask('due', () =>
          sorted()
            .sort((a, b) => rank(a.key) - rank(b.key))
            .filter(({ key, sinceMs }) => {
              if (sinceMs > untilMs || (key.endsWith('.nar') && this.condemned.has(`${key}info`))) return false;
              if (after === undefined) return true;
              return rank(key) > rank(after) || (rank(key) === rank(after) && bytewise(key, after) > 0);
            })
            .slice(0, limit),
        ),
      totals: () => actor.ask('totals', () => ({ objects: this.condemned.size, bytes: this.condemned.size })),
      beginRound: () =>
        change('mark', () => {
          // The mark of a dead one counts until nothing that it sent can arrive.
          if (this.mark && !(this.mark.by.dead && this.mark.by.flying === 0)) return undefined;
          this.mark = { round: this.nextId(), by: actor };
          return this.mark.round;
        }),
      endRound: (round) =>
        actor.ask('unmark', () => {
          if (this.mark?.round === round) this.mark = undefined;
        }),
    };
  }

  /** As `passDeletions`. */
  async passDeletions(actor: Actor): Promise<void> {
    for (let seen: string | undefined; ;) {
      const mark = await actor.ask('look for the mark', () => this.mark);
      const counts = mark && !(mark.by.dead && mark.by.flying === 0);
      if (!counts || (seen !== undefined && seen !== mark.round)) return;
      seen = mark.round;
    }
  }

  /** What the collector's watch does: everything that was open at any time since it began. */
  watch(actor: Actor): () => Promise<readonly string[]> {
    let heard: number | undefined;
    const ever = new Set<string>();
    return () =>
      actor.ask('log', () => {
        this.uploads.forEach(({ roots, open }, index) => {
          if (open || (heard !== undefined && index >= heard)) roots.forEach((root) => ever.add(root));
        });
        heard = this.uploads.length;
        return [...ever];
      });
  }
}

/** Lets steps of many actors go on one at a time, in an order that the seed decides. */
export class Interleaving {
  private readonly waiting: (() => void)[] = [];
  constructor(private state: number) {}

  readonly step = (): Promise<void> => new Promise((resolve) => void this.waiting.push(resolve));

  /** xorshift32 */
  private next(): number {
    let x = this.state | 1;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  /** Until nobody wants to go on. Throws where that never comes. */
  async run(most = 200_000): Promise<void> {
    for (let count = 0; count < most; count++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.waiting.length === 0) return;
      // Mostly the one that moved last goes on: actors get ahead of each other by far, or hardly.
      const last = this.next() % 4 === 0;
      const at = last ? this.waiting.length - 1 : this.next() % this.waiting.length;
      this.waiting.splice(at, 1)[0]!();
    }
    throw new Error('it does not come to an end');
  }
}
