import { join } from 'node:path';
import { createUploader, openBucket } from '#binary-cache';
import { parseSecretKey } from '#nix';
import type { S3BackupConfig } from '#runtime';
import { buildClosure, verifyStore } from '../../../../libs/binary-cache/testing/closure.js';
import { run } from '../../../../libs/nix/src/run/process.js';
import { type TestStore, withTestStore } from '../../../../libs/nix/testing/store.js';
import { startS3, type TestS3 } from '../../../../test/stack/s3.js';
import { fetchCommands, substituterOf } from './substituter.js';

describe('the commands on the page of a build', () => {
  let s3: TestS3;
  let nix: TestStore;
  let roots: string[];
  beforeAll(async () => {
    s3 = await startS3();
    nix = await withTestStore();
    roots = await buildClosure(nix, 1000);
    await nix.nixStore('--generate-binary-cache-key', 'page-1', join(nix.dir, 'secret'), join(nix.dir, 'public'));
  });
  afterAll(async () => {
    await nix?.remove();
    await s3?.stop();
  });

  it.each([
    ['signed', 'a cache/'],
    ['unsigned', 'plain/'],
  ] as const)('fetch it as they stand there, %s', async (how, prefix) => {
    const key = parseSecretKey(await nix.read('secret'));
    const name = await s3.newBucket();
    const place = { endpoint: s3.endpoint, region: s3.region, forcePathStyle: true };
    const bucket = await openBucket({ name, ...place });
    const signingKeys = how === 'signed' ? [key] : [];
    const spoolDir = join(nix.dir, 'spool');
    const uploader = createUploader({ nix: nix.settings, bucket, prefix, compression: 'zstd', signingKeys, spoolDir });
    await uploader.upload(roots, { signal: new AbortController().signal });
    bucket.close();

    const section: S3BackupConfig = {
      name,
      prefix,
      ...place,
      jobs: /^x$/u,
      compressionType: 'zstd',
      secretKeyFiles: [],
    };
    const publicKeys = how === 'signed' ? [key.publicKey] : undefined;
    for (const [nr, command] of fetchCommands(substituterOf(section)!, roots, publicKeys).entries()) {
      const root = join(nix.dir, `${how}-${nr}`);
      const env = {
        ...nix.settings.env,
        HOME: `${root}-home`,
        NIX_REMOTE: `local?root=${root}`,
        NIX_CONFIG: 'experimental-features = nix-command\nbuild-users-group =\nsandbox = false\nsubstituters =\n',
      };
      const { code, stderr } = await run('sh', ['-c', command], { env });
      expect([command, code, stderr]).toEqual([command, 0, expect.anything()]);
      expect(await verifyStore(nix, root)).toMatchObject({ code: 0 });
      const there = await run(nix.settings.commands.nixStore, ['--query', '--requisites', ...roots], { env });
      expect(there.stdout.toString().trim().split('\n').length).toBeGreaterThan(roots.length);
    }
  });
});
