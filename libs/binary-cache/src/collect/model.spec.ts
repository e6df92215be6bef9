import fc from 'fast-check';
import { storePathHash } from '#nix';
import {
  Actor,
  closureOf,
  Interleaving,
  KilledError,
  modelStore,
  type ModelPath,
  World,
} from '../../testing/collect-world.js';
import { collectGarbage, createLiveSet } from './index.js';

const GRACE = 100;
const nar = (path: string): string => `p/${storePathHash(path)}.nar`;
const narinfo = (path: string): string => `p/${storePathHash(path)}.narinfo`;

/** Something happens after so many steps of this script, which take turns with those of everybody else. */
type Choice = Readonly<{ what: number; pick: number; wait: number }>;

/** One run: what happens is chosen by `choices`, in which order it takes effect by `step`. */
class Run {
  readonly faults: string[] = [];
  readonly world = new World(() => this.check());
  /** Uploads that ended, with roots that were never let go of since. */
  private readonly whole: { root: string }[] = [];
  private readonly collectors: Actor[] = [];
  private readonly uploaders: Actor[] = [];
  private readonly uploaderOf = new Map<object, Actor>();
  readonly running: Promise<void>[] = [];

  constructor(
    private readonly paths: readonly ModelPath[],
    private readonly step: (label: string) => Promise<void>,
  ) {}

  private fault(text: string): void {
    this.faults.push(text);
  }

  private missing(root: string): string[] {
    return closureOf(this.paths, [root])
      .flatMap((path) => [nar(path), narinfo(path)])
      .filter((key) => !this.world.objects.has(key));
  }

  /** After every change of the bucket. */
  private check(): void {
    for (const key of this.world.objects.keys())
      if (key.endsWith('.narinfo') && !this.world.objects.has(key.slice(0, -4))) this.fault(`${key} without its NAR`);
    for (const { root } of this.whole)
      if (this.missing(root).length > 0) this.fault(`${root} is live and lost ${this.missing(root).join(' ')}`);
  }

  private spawn(actor: Actor, work: () => Promise<void>): void {
    this.running.push(
      work().catch((error: unknown) => {
        if (!(error instanceof KilledError) && !actor.dead) this.fault(String(error));
        actor.dead = true;
      }),
    );
  }

  /** A build ends: its root is registered, then its upload asked for, then done, as the worker does. */
  build(pick: number): void {
    const root = this.paths[pick % this.paths.length]!.path;
    this.world.roots.add(root);
    const upload = { roots: [root], open: true };
    this.world.uploads.push(upload);
    this.upload(upload);
  }

  /** What the uploader does with a bucket: asks what stands, NARs first, then narinfos, dependencies before dependents. */
  private upload(upload: World['uploads'][number]): void {
    const actor = new Actor(this.step);
    this.uploaders.push(actor);
    this.uploaderOf.set(upload, actor);
    const { world } = this;
    this.spawn(actor, async () => {
      await world.passDeletions(actor);
      const todo: { path: string; narStands: boolean }[] = [];
      for (const path of closureOf(this.paths, upload.roots)) {
        const info = await actor.ask('narinfo?', () => world.objects.has(narinfo(path)));
        const narStands = await actor.ask('nar?', () => world.objects.has(nar(path)));
        if (!info || !narStands) todo.push({ path, narStands });
      }
      for (const { path, narStands } of todo) if (!narStands) await actor.ask('put nar', () => world.put(nar(path)));
      for (const { path } of todo) await actor.ask('put narinfo', () => world.put(narinfo(path)));
      await actor.ask('complete', () => {
        upload.open = false;
        const [root] = upload.roots as [string];
        if (this.missing(root).length > 0) this.fault(`${root} is complete without ${this.missing(root).join(' ')}`);
        if (world.roots.has(root)) this.whole.push({ root });
      });
    });
  }

  collect(graceMs: number): void {
    const actor = new Actor(this.step);
    this.collectors.push(actor);
    const { world } = this;
    const ask = <T>(answer: () => T): Promise<T> => actor.ask('nix', answer);
    this.spawn(actor, async () => {
      const live = createLiveSet({
        roots: () => actor.ask('roots', () => [...world.roots]),
        uploads: world.watch(actor),
        valid: (paths) => ask(() => paths),
        closure: (paths) => ask(() => closureOf(this.paths, paths)),
        pause: () => ask(() => undefined),
      });
      await collectGarbage({
        bucket: world.bucket(actor),
        prefix: 'p/',
        otherPrefixes: ['p/'],
        live,
        condemned: await world.table(actor),
        deleteForeign: false,
        graceMs,
        dryRun: false,
        now: () => world.now,
        signal: new AbortController().signal,
        pause: () => ask(() => undefined),
        batch: 2,
      });
    });
  }

  unroot(pick: number): void {
    // One stays: without any root nothing is collected.
    const roots = [...this.world.roots].slice(1);
    const root = roots[pick % Math.max(1, roots.length)];
    if (root === undefined) return;
    this.world.roots.delete(root);
    for (let i = this.whole.length - 1; i >= 0; i--) if (this.whole[i]!.root === root) this.whole.splice(i, 1);
  }

  kill(pick: number, collectors: boolean): void {
    const living = (collectors ? this.collectors : this.uploaders).filter(({ dead }) => !dead);
    const actor = living[pick % Math.max(1, living.length)];
    if (actor) actor.dead = true;
  }

  /** An upload that will not succeed: what it put there so far belongs to nobody. */
  giveUp(pick: number): void {
    const open = this.world.uploads.filter((upload) => upload.open);
    const upload = open[pick % Math.max(1, open.length)];
    if (!upload) return;
    this.uploaderOf.get(upload)!.dead = true;
    upload.open = false;
  }

  /** The worker finds open requests again. */
  retry(): void {
    for (const { dead } of this.uploaders) if (!dead) return;
    for (const upload of this.world.uploads) if (upload.open) this.upload(upload);
  }

  async script(choices: readonly Choice[]): Promise<void> {
    this.build(0);
    for (const { what, pick, wait } of choices) {
      for (let i = 0; i < wait; i++) await this.step('next');
      const acts = [
        () => this.build(pick), () => this.build(pick), () => this.collect(0), () => this.collect(GRACE),
        () => this.unroot(pick), () => this.unroot(pick), () => this.kill(pick, true), () => this.kill(pick, false),
        () => this.retry(), () => this.giveUp(pick), () => void (this.world.now += GRACE / 2),
      ]; // prettier-ignore
      acts[what % acts.length]!();
    }
  }
}

const choices = fc.array(fc.record({ what: fc.nat(99), pick: fc.nat(99), wait: fc.nat(60) }), {
  minLength: 4,
  maxLength: 24,
});
const edges = fc.array(fc.array(fc.nat(9), { maxLength: 3 }), { minLength: 2, maxLength: 4 });

const BUILD = 0;
const COLLECT = 2;
const UNROOT = 4;
const KILL_COLLECTOR = 6;
/** What was uploaded becomes garbage, and is built again just when it is collected, by one who may be killed and followed. */
const rebuilt: fc.Arbitrary<Choice[]> = fc
  .record({ build: fc.nat(60), kill: fc.nat(40), again: fc.nat(30), killed: fc.boolean() })
  .map(({ build, kill, again, killed }) => [
    { what: BUILD, pick: 1, wait: 0 },
    { what: UNROOT, pick: 0, wait: 90 },
    { what: COLLECT, pick: 0, wait: 0 },
    { what: BUILD, pick: 1, wait: build },
    ...(killed ? [{ what: KILL_COLLECTOR, pick: 0, wait: kill }] : []),
    { what: COLLECT, pick: 0, wait: again },
  ]);

const holds = (
  graph: fc.Arbitrary<readonly (readonly number[])[]>,
  script: fc.Arbitrary<readonly Choice[]>,
  numRuns: number,
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1 }), graph, script, async (seed, drawn, picked) => {
      const order = new Interleaving(seed);
      const paths = modelStore(drawn);
      const run = new Run(paths, order.step);
      const told = run.script(picked);
      await order.run();
      await told;
      // Everybody who was killed comes again; then the farm is left alone.
      for (let round = 0; run.world.uploads.some(({ open }) => open) && round < 50; round++) {
        run.kill(0, false);
        run.retry();
        await order.run();
      }
      run.collect(0);
      await order.run();
      await Promise.all(run.running);
      expect(run.faults).toEqual([]);
      const live = closureOf(paths, [...run.world.roots]).flatMap((path) => [nar(path), narinfo(path)]);
      expect([...run.world.objects.keys()].filter((key) => !live.includes(key))).toEqual([]);
      expect(run.world.condemned.size).toBe(0);
    }),
    { numRuns, seed: 4, endOnFailure: true },
  );

describe('collections among uploads, deaths and changes of roots', () => {
  it('never take what a live closure needs, never leave a narinfo without its NAR, and take all the rest in the end', async () => {
    await holds(edges, choices, 600);
  }, 60_000);

  it('let an upload that comes in between find all, or none', async () => {
    await holds(fc.constant([[], []]), rebuilt, 300);
  }, 60_000);
});
