import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bucket, type Compression, createUploader, type Fault, repairPlace, verifyPlace } from '#binary-cache';
import { targetKey } from '#domain';
import { parseSecretKey } from '#nix';
import { createProgress } from '#runtime';
import { inBytes } from '../duration.js';
import { alone, type Tools, withStore } from './context.js';
import { type Place, withBucket } from './places.js';

/** Uploads single paths as the place's section says. */
const uploaderOf = async ({ config, nix }: Tools, { section, target }: Place, bucket: Bucket) => {
  const keys = section.secretKeyFiles.map(async (file) => parseSecretKey(await readFile(file, 'utf8')));
  return createUploader({
    nix,
    bucket,
    prefix: target.prefix,
    compression: section.compressionType as Compression,
    signingKeys: await Promise.all(keys),
    spoolDir: join(config.dataDir, 'tmp', 's3-backup'),
  });
};

/** Reads all of a place, says what is wrong, and with `repair` does something about it; answers how many faults remain. */
export const verifyOne = (tools: Tools, place: Place, { repair }: Readonly<{ repair: boolean }>): Promise<number> =>
  // No collection meanwhile: it would look like damage.
  alone(tools, place.target, (signal) =>
    withBucket(place, tools.logger, async (bucket) => {
      const { nix, clock, err, out } = tools;
      const { prefix } = place.target;
      const name = targetKey(place.target);
      let progress: ReturnType<typeof createProgress> | undefined;
      const onProgress = ({ done, total, bytes }: Readonly<{ done: number; total: number; bytes: number }>): void => {
        progress ??= createProgress({ label: `${name}: paths read`, total, stream: err, clock });
        progress.update(done, inBytes(bytes));
      };
      const { narinfos, bytes, faults } = await verifyPlace({ bucket, prefix, env: nix.env, signal, onProgress });
      progress?.finish();
      for (const { text } of faults) out(text);
      out(`${name}: ${narinfos} paths (${inBytes(bytes)}), ${faults.length} faults`);
      if (!repair || faults.length === 0) return faults.length;

      const uploader = await uploaderOf(tools, place, bucket);
      const repairing = createProgress({ label: `${name}: repaired`, total: faults.length, stream: err, clock });
      const remaining: readonly Fault[] = await withStore(nix, (store) =>
        repairPlace(faults, {
          bucket,
          upload: async (path) => {
            if ((await store.queryValidPaths([path])).length === 0) return false;
            await uploader.upload([path], { signal });
            return true;
          },
          onProgress: (done) => repairing.update(done),
        }),
      );
      repairing.finish();
      for (const { text } of remaining) out(`not in the store, so not repaired: ${text}`);
      out(`${name}: ${faults.length - remaining.length} of ${faults.length} faults are repaired`);
      return remaining.length;
    }),
  );
