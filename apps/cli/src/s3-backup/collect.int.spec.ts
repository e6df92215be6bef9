import { mkdir, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createUploader, openBucket, type UploadedPath } from '#binary-cache';
import { takeCondemned } from '#coordination';
import { bucketStream } from '#domain';
import { storePathHash } from '#nix';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { buildClosure } from '../../../../libs/binary-cache/testing/closure.js';
import { shDerivation } from '../../../../libs/nix/testing/store.js';
import { type BucketFarm, createBucketFarm } from '../../testing/bucket-farm.js';
import { type CollectionOrder, collectPlace } from './collect.js';
import { choosePlaces } from './places.js';
import { verifyOne } from './verify.js';

const DAY = 86_400_000;
const never = new AbortController().signal;

describe('the garbage collection of a bucket', () => {
  let farm: BucketFarm;
  let roots: string[];
  let lone: string;

  beforeAll(async () => {
    farm = await createBucketFarm();
    roots = await buildClosure(farm.nix, 20_000);
    const [drv] = await farm.nix.instantiate(shDerivation('lone', 'echo alone > $out'));
    lone = await farm.nix.nixStore('--realise', drv!);
  });
  beforeEach(async () => {
    farm.ahead(0);
    farm.lines.splice(0);
    await rm(farm.rootsDir, { recursive: true, force: true });
    await mkdir(farm.rootsDir, { recursive: true });
    for (const root of roots) await farm.root(root);
  });
  afterAll(() => farm.close());

  const open = (name: string) =>
    openBucket({ name, endpoint: farm.s3.endpoint, region: farm.s3.region, forcePathStyle: true });
  /** Brings paths into a bucket as the worker does; answers what stands there then. */
  const upload = async (name: string, prefix: string, paths: readonly string[]): Promise<readonly UploadedPath[]> => {
    const bucket = await open(name);
    const spoolDir = join(farm.nix.dir, 'spool');
    const options = { nix: farm.nix.settings, bucket, prefix, compression: 'zstd' as const, signingKeys: [], spoolDir };
    try {
      return await createUploader(options).upload(paths, { signal: never });
    } finally {
      bucket.close();
    }
  };
  const put = (Bucket: string, Key: string) =>
    farm.s3.client.send(new PutObjectCommand({ Bucket, Key, Body: 'strange' }));
  const collect = async (name: string, prefix: string, order: Partial<CollectionOrder> = {}) => {
    const config = await farm.config([{ name, prefix, jobs: '.*', compression_type: 'zstd' }]);
    const [place] = choosePlaces(config, {});
    const usual = { dryRun: false, graceMs: 30 * DAY, deleteForeign: false };
    return collectPlace(farm.tools(config), place!, { ...usual, ...order });
  };
  const mine = (prefix: string, path: string) => [
    `${prefix}${storePathHash(path)}.nar`,
    `${prefix}${storePathHash(path)}.narinfo`,
  ];

  it('condemns what no root needs, deletes it when the grace is over, and takes back what is needed again', async () => {
    const name = await farm.s3.newBucket();
    await upload(name, 'c/', [...roots, lone]);
    await put(name, 'other/object');
    await put(name, 'c/stray/thing');
    const before = await farm.s3.keys(name);

    expect(await collect(name, 'c/', { dryRun: true, graceMs: 0 })).toMatchObject({ due: { objects: 3 } });
    const first = await collect(name, 'c/');
    expect(first).toMatchObject({ condemned: { objects: 3 }, deleted: { objects: 0 }, waiting: { objects: 3 } });
    expect(await farm.s3.keys(name)).toEqual(before);

    farm.ahead(20 * DAY);
    await farm.root(lone);
    expect(await collect(name, 'c/')).toMatchObject({ resurrected: { objects: 2 }, waiting: { objects: 1 } });
    await rm(join(farm.rootsDir, basename(lone)));
    expect(await collect(name, 'c/')).toMatchObject({ condemned: { objects: 2 } });

    farm.ahead(31 * DAY);
    expect(await collect(name, 'c/')).toMatchObject({ deleted: { objects: 1 }, waiting: { objects: 2 } });
    farm.ahead(51 * DAY);
    expect(await collect(name, 'c/')).toMatchObject({ deleted: { objects: 2 }, waiting: { objects: 0 } });
    expect(await farm.s3.keys(name)).toEqual(
      before.filter((key) => key !== 'c/stray/thing' && !mine('c/', lone).includes(key)),
    );

    const events = [];
    for await (const { type, data } of farm.store.readStream(bucketStream(name))) events.push({ type, data });
    expect(events.map(({ type }) => type)).toEqual(
      Array.from({ length: 5 }, () => ['GarbageCondemned', 'GarbageCollected']).flat(),
    );
    expect(events.at(-1)!.data).toMatchObject({ deleted: { objects: 2 }, left: { objects: before.length - 4 } });
  });

  it('restarts the grace of what an upload relied on since', async () => {
    const name = await farm.s3.newBucket();
    const paths = await upload(name, 'u/', [lone]);
    await collect(name, 'u/');
    const buildId = await farm.build({ out: lone });
    const target = { bucket: name, prefix: 'u/' };
    const times = { startedAtMs: 1, stoppedAtMs: 2 };
    await farm.backup(buildId, { type: 'RequestBackup', data: { buildId, target, compression: 'zstd' } });
    await farm.backup(buildId, {
      type: 'CompleteBackup',
      data: { buildId, target, compression: 'zstd', paths, ...times },
    });
    farm.ahead(31 * DAY);
    expect(await collect(name, 'u/')).toMatchObject({ deleted: { objects: 0 }, waiting: { objects: 2 } });
    farm.ahead(62 * DAY);
    expect(await collect(name, 'u/')).toMatchObject({ deleted: { objects: 2 } });
  });

  it('leaves alone what an open upload needs, though no root does', async () => {
    const name = await farm.s3.newBucket();
    await upload(name, 'o/', [...roots, lone]);
    const buildId = await farm.build({ out: lone });
    const target = { bucket: name, prefix: 'o/' };
    await farm.backup(buildId, { type: 'RequestBackup', data: { buildId, target, compression: 'zstd' } });
    expect(await collect(name, 'o/', { graceMs: 0 })).toMatchObject({ deleted: { objects: 0 } });
    const failed = { buildId, target, error: 'no', attempts: 1, failedAtMs: 3 };
    await farm.backup(buildId, { type: 'FailBackup', data: failed });
    expect(await collect(name, 'o/', { graceMs: 0 })).toMatchObject({ deleted: { objects: 2 } });
  });

  it('deletes what is not ours from a bucket without prefix only after that was said once', async () => {
    const name = await farm.s3.newBucket();
    await upload(name, '', [...roots, lone]);
    await put(name, 'letters/1.txt');
    expect(await collect(name, '', { graceMs: 0 })).toMatchObject({ deleted: { objects: 2 }, foreign: { objects: 1 } });
    expect(farm.lines.join('\n')).toContain('--delete-foreign');
    expect(await farm.s3.keys(name)).toContain('letters/1.txt');
    expect(await collect(name, '', { deleteForeign: true })).toMatchObject({ condemned: { objects: 1 } });
    // It is remembered.
    expect(await collect(name, '', { graceMs: 0 })).toMatchObject({ deleted: { objects: 1 } });
    expect(await farm.s3.keys(name)).toContain('nix-cache-info');
  });

  it('does nothing where the roots cannot be trusted', async () => {
    const name = await farm.s3.newBucket();
    await upload(name, 'x/', [lone]);
    const before = await farm.s3.keys(name);
    await symlink('/nowhere', join(farm.rootsDir, `${'0'.repeat(32)}-gone`));
    await expect(collect(name, 'x/', { graceMs: 0 })).rejects.toThrow('-gone: the directory of GC roots names it, but');
    await rm(farm.rootsDir, { recursive: true });
    await expect(collect(name, 'x/', { graceMs: 0 })).rejects.toThrow('ENOENT');
    await symlink('/nowhere', farm.rootsDir);
    await expect(collect(name, 'x/', { graceMs: 0 })).rejects.toThrow('ENOENT');
    await rm(farm.rootsDir);
    await mkdir(farm.rootsDir);
    await expect(collect(name, 'x/', { graceMs: 0 })).rejects.toThrow('names no store path');
    expect(await farm.s3.keys(name)).toEqual(before);
  });

  it('refuses a collector that another one followed, and waits for the batch of one that died', async () => {
    const place = { bucket: 'b', prefix: 'p/' };
    const old = await takeCondemned(farm.database, place, { settleMs: 3_600_000 });
    await old.put([{ key: 'p/a', size: 1, etag: 'e', sinceMs: 1 }]);
    expect(await old.beginRound()).toBeDefined();
    const next = await takeCondemned(farm.database, place, { settleMs: 3_600_000 });
    await expect(old.remove(['p/a'])).rejects.toThrow('another collection');
    await expect(old.beginRound()).rejects.toThrow('another collection');
    expect(await next.between('', undefined)).toHaveLength(1);
    expect(await next.beginRound()).toBeUndefined();
    const later = await takeCondemned(farm.database, place, { settleMs: 0 });
    const round = await later.beginRound();
    expect(round).toBeDefined();
    await later.endRound(round!);
    expect(await later.beginRound()).toBeDefined();
  });

  it('finds damage by reading every byte, and repairs it from the store', async () => {
    const name = await farm.s3.newBucket();
    const uploaded = await upload(name, 'v/', roots);
    const config = await farm.config([{ name, prefix: 'v/', jobs: '.*', compression_type: 'zstd' }]);
    const [place] = choosePlaces(config, {});
    const tools = farm.tools(config);
    expect(await verifyOne(tools, place!, { repair: false })).toBe(0);

    const [wrong, gone, alone] = uploaded as [UploadedPath, UploadedPath, UploadedPath];
    await put(name, wrong.key);
    const bucket = await open(name);
    await bucket.delete(gone.key);
    await bucket.delete(`${alone.key}info`);
    expect(await verifyOne(tools, place!, { repair: false })).toBeGreaterThanOrEqual(3);
    const said = farm.lines.join('\n');
    expect(said).toContain(`${wrong.key} of ${wrong.path} `);
    expect(said).toContain(`${gone.key} of ${gone.path} does not exist`);
    expect(said).toContain(`refers to ${alone.path}, which has no narinfo`);

    expect(await verifyOne(tools, place!, { repair: true })).toBe(0);
    expect(await verifyOne(tools, place!, { repair: false })).toBe(0);
    // What the store does not have is taken out.
    const strange = 'v/' + '1'.repeat(32);
    await put(name, `${strange}.narinfo`);
    expect(await verifyOne(tools, place!, { repair: true })).toBe(1);
    expect(await farm.s3.keys(name)).not.toContain(`${strange}.narinfo`);
    bucket.close();
  });
});
