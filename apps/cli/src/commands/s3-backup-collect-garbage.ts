import { Command } from 'commander';
import { loadConfig, processEnvironment } from '#runtime';
import { parseDuration } from '../duration.js';
import { collectPlace } from '../s3-backup/collect.js';
import { withTools } from '../s3-backup/context.js';
import { choosePlaces } from '../s3-backup/places.js';

type Options = Readonly<{
  dryRun: boolean;
  grace: string;
  onePass: boolean;
  deleteForeign: boolean;
  bucket?: string;
  prefix?: string;
}>;

const collect = async (options: Options): Promise<void> => {
  const { dryRun, onePass, deleteForeign } = options;
  const graceMs = onePass ? 0 : parseDuration('--grace', options.grace);
  const config = loadConfig(processEnvironment());
  const places = choosePlaces(config, options);
  await withTools(config, async (tools) => {
    const failed: string[] = [];
    for (const place of places) {
      try {
        await collectPlace(tools, place, { dryRun, graceMs, deleteForeign });
      } catch (error) {
        // One place that is away keeps no other from its turn.
        if (tools.signal.aborted) throw error;
        failed.push(`${place.target.bucket}/${place.target.prefix}: ${(error as Error).message}`);
      }
    }
    if (failed.length > 0) throw new Error(`nothing more was collected: ${failed.join('; ')}`);
  });
};

export const s3CollectGarbageCommand = (): Command =>
  new Command('s3-backup-collect-garbage')
    .description('delete from the buckets what the closure of the GC roots does not need any more')
    .option('--dry-run', 'say what would be done', false)
    .option(
      '--grace <time>',
      'how long something must be condemned first; clients remember a narinfo for 30 days',
      '30d',
    )
    .option('--one-pass', 'condemn and delete at once, as Hydra does', false)
    .option('--delete-foreign', 'in a bucket without prefix, objects of others may go too; remembered', false)
    .option('--bucket <name>', 'only places in this bucket')
    .option('--prefix <prefix>', 'only places with this prefix')
    .action(collect);
