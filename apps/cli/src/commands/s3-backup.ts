import { Command } from 'commander';
import { loadConfig, processEnvironment } from '#runtime';
import { withTools } from '../s3-backup/context.js';
import { choosePlaces, type PlaceFilter } from '../s3-backup/places.js';
import { buildsOf, pushBuilds } from '../s3-backup/push.js';
import { verifyOne } from '../s3-backup/verify.js';

const push = async (what: string, filter: PlaceFilter): Promise<void> => {
  const config = loadConfig(processEnvironment());
  const places = choosePlaces(config, filter);
  await withTools(config, async (tools) => {
    const failed = await pushBuilds(tools, await buildsOf(what, tools.database), places);
    if (failed.length > 0) throw new Error(failed.join('\n'));
  });
};

const verify = async ({ repair, ...filter }: PlaceFilter & Readonly<{ repair: boolean }>): Promise<void> => {
  const config = loadConfig(processEnvironment());
  const places = choosePlaces(config, filter);
  await withTools(config, async (tools) => {
    let faults = 0;
    for (const place of places) faults += await verifyOne(tools, place, { repair });
    if (faults > 0)
      throw new Error(`${faults} faults${repair ? ' remain' : '; --repair uploads anew what the store has'}`);
  });
};

const here = (command: Command): Command =>
  command
    .option('--bucket <name>', 'only places in this bucket')
    .option('--prefix <prefix>', 'only places with this prefix');

export const s3BackupCommand = (): Command => {
  const s3 = new Command('s3-backup').description('copies of builds in buckets');
  here(s3.command('push'))
    .argument('<what>', "a build's number, or eval:NUMBER for all builds of an evaluation")
    .description('copy builds now, and wait until the worker has done so')
    .action(push);
  here(s3.command('verify'))
    .description('read every narinfo and every byte of every NAR, and say what is wrong')
    .option('--repair', 'upload anew from the store what is wrong; take out what cannot be repaired', false)
    .action(verify);
  return s3;
};
