import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { runProjector } from '#read-model';
import { shDerivation } from '../../../../libs/nix/testing/store.js';
import { type BucketFarm, createBucketFarm } from '../../testing/bucket-farm.js';
import { updateGcRoots } from './update.js';

const DAY = 86_400_000;

describe('the update of the GC roots', () => {
  let farm: BucketFarm;
  let paths: string[];
  const stop = new AbortController();

  const update = async (patienceMs: number, order: { dryRun?: boolean; graceMs?: number } = {}) =>
    updateGcRoots(farm.tools(await farm.config([])), { dryRun: false, graceMs: DAY, patienceMs, ...order });
  const rooted = async (): Promise<string[]> => (await readdir(farm.rootsDir)).sort();

  beforeAll(async () => {
    farm = await createBucketFarm();
    const drvs = await farm.nix.instantiate(
      `[ ${['a', 'b', 'c'].map((name) => `(${shDerivation(name, `echo ${name} > $out`)})`).join(' ')} ]`,
    );
    paths = (await farm.nix.nixStore('--realise', ...drvs)).split('\n');
  });
  afterAll(async () => {
    stop.abort();
    await farm.close();
  });

  it('removes nothing while the read model does not know everything, or knows nothing', async () => {
    await farm.root(paths[0]!);
    await farm.build({ out: paths[1]! });
    await expect(update(100)).rejects.toThrow('not up to date');
    expect(await rooted()).toEqual([basename(paths[0]!)]);
  });

  it('roots what is wanted, and lets go of the rest after the grace', async () => {
    const { store, url } = farm;
    const projecting = runProjector({ source: store, databaseUrl: url, signal: stop.signal });
    projecting.catch(() => undefined);
    expect(await update(20_000, { dryRun: true })).toMatchObject({ added: 1, removed: 0, young: 1 });
    expect(await update(20_000)).toMatchObject({ wanted: 1, added: 1, removed: 0, young: 1 });
    expect(await rooted()).toEqual([basename(paths[0]!), basename(paths[1]!)].sort());
    farm.ahead(2 * DAY);
    // The build is no longer recent, and nothing else wants it: an unbelievable emptiness.
    await expect(update(20_000)).rejects.toThrow('wants nothing at all');
    const kept = await farm.build({ out: paths[2]! });
    const target = { bucket: 'b', prefix: '' };
    await farm.backup(kept, { type: 'RequestBackup', data: { buildId: kept, target, compression: 'xz' } });
    expect(await update(20_000)).toMatchObject({ added: 1, removed: 2, young: 0 });
    expect(await rooted()).toEqual([basename(paths[2]!)]);
  });
});
