import { type Collected, collectGarbage, createLiveSet } from '#binary-cache';
import { createCheckpoints, takeCondemned } from '#coordination';
import {
  bucket as bucketDecider,
  type BucketEvent,
  bucketStream,
  fold,
  isRejection,
  mayDeleteForeign,
  targetKey,
} from '#domain';
import { commandHandler } from '#event-store';
import { storePathHash } from '#nix';
import { createProgress, type Progress, sleep, uuidv4 } from '#runtime';
import { inBytes } from '../duration.js';
import { readRoots, rootsDir } from '../gc-roots/read.js';
import { alone, cliContext, type Tools, withStore } from './context.js';
import { type Place, withBucket } from './places.js';
import { watchUploads } from './watch-uploads.js';

export type CollectionOrder = Readonly<{
  dryRun: boolean;
  /** how long something stays condemned before it is deleted; 0 deletes at once */
  graceMs: number;
  deleteForeign: boolean;
  /** After which time the mark of a collector that died no longer counts; the default is right but for tests. */
  settleMs?: number;
}>;

const amount = ({ objects, bytes }: Readonly<{ objects: number; bytes: number }>): string =>
  `${objects} objects (${inBytes(bytes)})`;

/** What became of a place, as lines for people. */
const report = (name: string, { dryRun, deleteForeign }: CollectionOrder, result: Collected): readonly string[] => {
  const { listed, condemned, resurrected, saved, deleted, waiting, due, foreign } = result;
  const back = { objects: resurrected.objects + saved.objects, bytes: resurrected.bytes + saved.bytes };
  const lines = dryRun
    ? [
        `${name}: ${amount(listed)}; would condemn ${amount(condemned)}, would take back ${amount(back)}, would delete ${amount(due)}`,
      ]
    : [
        `${name}: ${amount(listed)}; condemned ${amount(condemned)}, took back ${amount(back)}, deleted ${amount(deleted)}; ${amount(waiting)} wait`,
      ];
  if (foreign.objects > 0 && !deleteForeign)
    lines.push(
      `${name}: ${amount(foreign)} are not Iolaus's and were left alone; say --delete-foreign once if nothing else uses this bucket`,
    );
  return lines;
};

/** Collects the garbage of one place, and tells the log. Throws `UnsafeRootsError`, `S3Error`, or what Nix or the database says. */
export const collectPlace = (tools: Tools, place: Place, order: CollectionOrder): Promise<Collected> =>
  alone(tools, place.target, (signal) =>
    withStore(tools.nix, (nixStore) =>
      withBucket(place, tools.logger, async (bucket) => {
        const { store, database, clock, err } = tools;
        const { target } = place;
        const name = targetKey(target);
        const handle = commandHandler(store, bucketDecider);
        const tell = async (command: Parameters<typeof handle>[1], commandId?: string): Promise<void> => {
          const outcome = await handle(bucketStream(target.bucket), command, cliContext(commandId));
          if (isRejection(outcome)) throw new Error(`${command.type} was refused: ${outcome.rejected}`);
        };
        const history: BucketEvent[] = [];
        for await (const event of store.readStream(bucketStream(target.bucket))) history.push(event as never);
        const deleteForeign = order.deleteForeign || mayDeleteForeign(fold(bucketDecider, history), target.prefix);

        const consumer = `s3-gc ${name}`;
        const checkpoints = createCheckpoints(database);
        const watch = await watchUploads({ store, db: database, target }, await checkpoints.get(consumer));
        const condemned = await takeCondemned(database, target, {
          readOnly: order.dryRun,
          ...(order.settleMs !== undefined && { settleMs: order.settleMs }),
        });
        const dir = rootsDir(tools);
        const pause = (): Promise<void> => sleep(1_000, signal);
        const live = createLiveSet({
          roots: () => readRoots(tools),
          uploads: watch.outputs,
          valid: (paths) => nixStore.queryValidPaths(paths),
          closure: (paths) => nixStore.queryClosure(paths),
          pause,
        });
        const progress = progressOf(name, tools);
        const collectionId = uuidv4();
        const startedAtMs = clock.now();
        err.write(`${name}: reads the closure of the roots in ${dir}\n`);
        await live.refresh();
        const read = watch.position();
        if (!order.dryRun) {
          // What an upload relied on since the last run counts as needed until then: its grace begins anew.
          const used = watch.used().map((path) => target.prefix + storePathHash(path));
          for (let at = 0; at < used.length; at += 1_000)
            await condemned.remove(used.slice(at, at + 1_000).flatMap((key) => [`${key}.nar`, `${key}.narinfo`]));
        }
        const result = await collectGarbage({
          bucket,
          prefix: target.prefix,
          otherPrefixes: place.prefixes,
          live,
          condemned,
          deleteForeign,
          graceMs: order.graceMs,
          dryRun: order.dryRun,
          now: clock.now,
          signal,
          pause,
          onFound: ({ listed, condemned, resurrected, foreign }) => {
            const found = { listed, condemned, resurrected, foreign, graceMs: order.graceMs, deleteForeign };
            const data = { target, collectionId, ...found, startedAtMs, listedAtMs: clock.now() };
            return tell({ type: 'CondemnGarbage', at: clock.iso(), data });
          },
          onProgress: (state) => {
            if (state.phase === 'listing') progress.listing(state.objects);
            else progress.deleting(state.objects, state.total);
          },
        });
        progress.finish();
        if (!order.dryRun) {
          const { deleted, saved: resurrected, waiting } = result;
          const data = { target, collectionId, deleted, resurrected, waiting, stoppedAtMs: clock.now() };
          await tell({ type: 'ReportCollection', at: clock.iso(), data });
          await checkpoints.set(consumer, read);
        }
        for (const line of report(name, { ...order, deleteForeign }, result)) tools.out(line);
        return result;
      }),
    ),
  );

/** Two bars, one after the other. */
const progressOf = (name: string, { err, clock }: Pick<Tools, 'err' | 'clock'>) => {
  let shown: Readonly<{ phase: string; bar: Progress }> | undefined;
  const bar = (phase: string, total?: number): Progress => {
    if (shown?.phase === phase) return shown.bar;
    shown?.bar.finish();
    const label = `${name}: objects ${phase}`;
    shown = {
      phase,
      bar: createProgress({ label, ...(total !== undefined && { total }), stream: err, clock }),
    };
    return shown.bar;
  };
  return {
    listing: (objects: number) => bar('listed').update(objects),
    deleting: (objects: number, total: number) => bar('deleted', total).update(objects),
    finish: () => shown?.bar.finish(),
  };
};
