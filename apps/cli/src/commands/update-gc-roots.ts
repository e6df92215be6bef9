import { Command } from 'commander';
import { loadConfig, processEnvironment } from '#runtime';
import { parseDuration } from '../duration.js';
import { updateGcRoots } from '../gc-roots/update.js';
import { withTools } from '../s3-backup/context.js';

const update = ({ dryRun, grace }: Readonly<{ dryRun: boolean; grace: string }>): Promise<void> => {
  const graceMs = parseDuration('--grace', grace);
  return withTools(
    loadConfig(processEnvironment()),
    async (tools) => void (await updateGcRoots(tools, { dryRun, graceMs })),
  );
};

export const updateGcRootsCommand = (): Command =>
  new Command('update-gc-roots')
    .description("keep Nix's garbage collector from what is wanted, and let go of all else")
    .option('--dry-run', 'say what would be done', false)
    .option('--grace <time>', 'a root that was registered within that time stays', '24h')
    .action(update);
