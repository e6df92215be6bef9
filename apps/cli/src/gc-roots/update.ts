import { addGcRoot, removeOldGcRoot } from '#nix';
import { projectorStatus, rootsWanted } from '#read-model';
import { createProgress, sleep } from '#runtime';
import { type Tools, withStore } from '../s3-backup/context.js';
import { readRoots, rootsDir } from './read.js';

export type UpdateOrder = Readonly<{
  dryRun: boolean;
  graceMs: number;
  /** how long the read model is waited for */ patienceMs?: number;
}>;

export type Updated = Readonly<{ wanted: number; added: number; removed: number; young: number; gone: number }>;

/** Nothing is removed on the word of a read model that does not know everything. */
export class UnsureReadModelError extends Error {
  override readonly name = 'UnsureReadModelError';
}

/** Waits until everything that is in the log now is in the read model. */
const caughtUp = async ({ store, database, signal, clock }: Tools, patienceMs: number): Promise<void> => {
  const head = await store.head();
  const until = clock.now() + patienceMs;
  for (;;) {
    const status = await projectorStatus(database);
    if (status && status.position >= head) return;
    if (clock.now() > until)
      throw new UnsureReadModelError(
        'the read model is not up to date, so what is wanted cannot be told: is the projector running? Nothing was changed',
      );
    await sleep(250, signal);
  }
};

/**
 * Brings the directory of GC roots in line with what the read model wants: registers what is missing and still in the store,
 * removes what nobody wants and nobody asked for within the grace.
 */
export const updateGcRoots = async (tools: Tools, order: UpdateOrder): Promise<Updated> => {
  const { nix, database, clock, err, signal, out } = tools;
  const { dryRun, graceMs, patienceMs = 30_000 } = order;
  const dir = rootsDir(tools);
  // Listed first, as in Hydra: what is registered after this is none of our business.
  const listed = await readRoots(tools);
  const startedAtMs = clock.now();
  await caughtUp(tools, patienceMs);
  const roots = await rootsWanted(database, { nowMs: startedAtMs, recentMs: startedAtMs - graceMs });
  const wanted = new Set(roots.map(({ path }) => path).filter((path) => path.startsWith(`${nix.storeDir}/`)));
  if (wanted.size === 0)
    throw new UnsureReadModelError(
      'the read model wants nothing at all: an empty one is not believed. Nothing was changed',
    );
  const present = new Set(listed);
  const missing = [...wanted].filter((path) => !present.has(path));
  const unwanted = listed.filter((path) => !wanted.has(path));
  const total = missing.length + unwanted.length;
  const progress = createProgress({ label: 'roots looked at', total, stream: err, clock });
  let [done, added, removed, gone] = [0, 0, 0, 0];
  const step = (): void => {
    signal.throwIfAborted();
    progress.update((done += 1));
  };

  await withStore(nix, async (store) => {
    for (let at = 0; at < missing.length; at += 1_000) {
      const part = missing.slice(at, at + 1_000);
      // Locked while the connection lives: nothing is collected between the question and the link.
      const valid = new Set(await store.queryValidPaths(part));
      for (const path of part) {
        step();
        if (!valid.has(path)) gone += 1;
        else {
          added += 1;
          if (!dryRun) await addGcRoot(dir, path);
        }
      }
    }
  });
  for (const path of unwanted) {
    step();
    if (await removeOldGcRoot(dir, path, startedAtMs - graceMs, { dryRun })) removed += 1;
  }
  progress.finish();
  const result = { wanted: wanted.size, added, removed, young: unwanted.length - removed, gone };
  const [would, keeps] = dryRun ? ['would add', 'would remove'] : ['added', 'removed'];
  out(
    `${dir}: ${result.wanted} paths are wanted, ${gone} of them are not in the store; ${would} ${added}, ${keeps} ${removed}, ${result.young} unwanted ones are within the grace`,
  );
  return result;
};
