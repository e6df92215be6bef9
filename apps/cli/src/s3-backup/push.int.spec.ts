import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { createS3Backup } from '../../../worker/src/s3-backup/index.js';
import { shDerivation } from '../../../../libs/nix/testing/store.js';
import { type BucketFarm, createBucketFarm } from '../../testing/bucket-farm.js';
import { choosePlaces } from './places.js';
import { buildsOf, pushBuilds } from './push.js';

describe('pushing a build', () => {
  let farm: BucketFarm;
  const stop = new AbortController();
  let duty: Promise<void> = Promise.resolve();
  beforeAll(async () => {
    farm = await createBucketFarm();
  });
  afterAll(async () => {
    stop.abort();
    await duty;
    await farm.close();
  });

  it('has the worker copy it, once more too, after what it needs was deleted', async () => {
    const [drv] = await farm.nix.instantiate(shDerivation('pushed', 'echo pushed > $out'));
    const path = await farm.nix.nixStore('--realise', drv!);
    const buildId = await farm.build({ out: path });
    const name = await farm.s3.newBucket();
    const config = await farm.config([{ name, prefix: 'p/', jobs: '.*', compression_type: 'none' }]);
    const tools = farm.tools(config);
    const { store, database, clock, logger } = tools;
    duty = createS3Backup().run({ store, database, config, clock, logger }, stop.signal);
    const places = choosePlaces(config, {});
    const builds = await buildsOf(String(buildId), database);
    expect(await pushBuilds(tools, builds, places)).toEqual([]);
    const stored = await farm.s3.keys(name);
    expect(stored).toHaveLength(3);
    for (const key of stored) {
      await farm.s3.client.send(new DeleteObjectCommand({ Bucket: name, Key: key }));
    }
    expect(await pushBuilds(tools, builds, places)).toEqual([]);
    expect(await farm.s3.keys(name)).toEqual(stored);
    expect(farm.lines.at(-1)).toBe('1 of 1 copies are complete');
  }, 30_000);

  it('refuses what is no build', async () => {
    await expect(buildsOf('eval:x', farm.database)).rejects.toThrow('what: must be');
    const tools = farm.tools(await farm.config([]));
    await expect(pushBuilds(tools, [99], [])).rejects.toThrow('build 99: there is none');
  });
});
