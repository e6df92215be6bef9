import { parseNarInfo } from '#nix';
import type { Bucket, ListedObject } from '../s3/bucket.js';
import type { ObjectKind } from './objects.js';
import { type Amount, type CondemnedObject, type CondemnedStore, count, type LiveSet, nothing } from './ports.js';

/** What a look at every object of a place found. */
export type Findings = Readonly<{
  listed: Amount;
  /** for the first time */
  condemned: Amount;
  resurrected: Amount;
  /** left alone, because nobody said that it may go */
  foreign: Amount;
  /** what is garbage and was condemned long enough ago */
  due: Amount;
}>;

export type ListOptions = Readonly<{
  bucket: Bucket;
  prefix: string;
  kindOf: (key: string) => ObjectKind;
  live: LiveSet;
  condemned: CondemnedStore;
  /** Whether objects that no Iolaus put there are garbage. */
  foreignIsGarbage: boolean;
  /** Objects that narinfos of others name as their NARs: they are found here, and live. */
  named: Set<string>;
  graceMs: number;
  dryRun: boolean;
  now: () => number;
  signal: AbortSignal;
  onListed?: (objects: number) => void;
}>;

/** Asks for the next item while the one before is worked on. */
async function* ahead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = iterator.next();
      next.catch(() => undefined); // it is thrown when its turn comes
      yield value as T;
    }
  } finally {
    await iterator.return?.().catch(() => undefined);
  }
}

/**
 * Looks at every object of a place: condemns what nothing needs, takes back what is needed again, forgets what is gone. Holds
 * one page of the listing and one of the condemned objects at a time.
 */
export const listPlace = async (options: ListOptions): Promise<Findings> => {
  const { bucket, prefix, kindOf, live, condemned, foreignIsGarbage, named, graceMs, dryRun, now, signal } = options;
  const found: Findings = {
    listed: nothing(),
    condemned: nothing(),
    resurrected: nothing(),
    foreign: nothing(),
    due: nothing(),
  };
  let [after, lastNar] = ['', ''];
  /** Live narinfos whose NAR is not at the key where we put it: another writer's. */
  const strange: string[] = [];

  const isGarbage = (kind: ObjectKind, key: string): boolean => {
    if (kind.kind === 'nar' || kind.kind === 'narinfo') return !live.has(kind.hash);
    return kind.kind === 'foreign' && foreignIsGarbage && !key.includes('\0');
  };

  const page = async (objects: readonly ListedObject[]): Promise<void> => {
    const to = objects.at(-1)!.key;
    const before = new Map((await condemned.between(after, to)).map((object) => [object.key, object]));
    after = to;
    const put: CondemnedObject[] = [];
    const remove: string[] = [];
    for (const { key, size, etag } of objects) {
      const kind = kindOf(key);
      if (kind.kind === 'elsewhere') continue;
      count(found.listed, size);
      const known = before.get(key);
      if (kind.kind === 'nar') lastNar = kind.hash;
      else if (kind.kind === 'narinfo' && lastNar !== kind.hash && live.has(kind.hash)) strange.push(key);
      if (isGarbage(kind, key)) {
        // Another ETag: somebody put it there anew since.
        const same = known?.etag === etag ? known : undefined;
        const sinceMs = same?.sinceMs ?? now();
        if (!same) put.push({ key, size, etag, sinceMs });
        if (!known) count(found.condemned, size);
        if (sinceMs <= now() - graceMs) count(found.due, size);
        before.delete(key);
      } else {
        if (kind.kind === 'foreign') count(found.foreign, size);
        if (known) count(found.resurrected, size);
      }
    }
    remove.push(...before.keys());
    if (dryRun) return;
    await condemned.put(put);
    await condemned.remove(remove);
  };

  for await (const objects of ahead(bucket.list(prefix))) {
    signal.throwIfAborted();
    if (objects.length > 0) await page(objects);
    options.onListed?.(found.listed.objects);
  }
  const gone = (await condemned.between(after, undefined)).map(({ key }) => key);
  if (!dryRun) await condemned.remove(gone);

  for (const key of strange) {
    signal.throwIfAborted();
    const object = await bucket.get(key);
    const url = object && urlOf(object.body);
    if (url !== undefined) named.add(prefix + url);
  }
  if (!dryRun) await condemned.remove([...named]);
  return found;
};

/** Where a narinfo says that its NAR is; undefined where it cannot be read, so that it keeps nothing. */
const urlOf = (body: Buffer): string | undefined => {
  try {
    return parseNarInfo(body.toString('latin1')).url;
  } catch {
    return undefined;
  }
};
