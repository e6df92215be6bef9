import { createReadStream, createWriteStream, existsSync, renameSync } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { createProgress, loadConfig, systemClock } from '#runtime';
import { withEventStore } from '../database.js';
import { BadInputError } from '../errors.js';
import { exportLog, importLog } from '../event-log/transfer.js';

const progressOf = (label: string) => createProgress({ label, stream: process.stderr, clock: systemClock });

/** The file gets its name when it is whole. */
const exportTo = (file: string): Promise<void> =>
  withEventStore(loadConfig(), async (store) => {
    const progress = progressOf('exported events');
    const partial = `${file}.partial`;
    const out = createWriteStream(partial, { mode: 0o600 });
    await once(out, 'open');
    const write = async (text: string): Promise<void> => {
      if (!out.write(text)) await once(out, 'drain');
    };
    await exportLog(store, write, progress.update);
    out.end();
    await once(out, 'close');
    renameSync(partial, file);
    progress.finish();
  });

const importFrom = async (file: string): Promise<void> => {
  if (!existsSync(file)) throw new BadInputError(`FILE: there is no file ${file}`);
  await withEventStore(loadConfig(), async (store) => {
    const progress = progressOf('imported events');
    const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
    await importLog(store, lines, progress.update);
    progress.finish();
  });
};

export const logCommand = (): Command => {
  const log = new Command('log').description('the event log as a file of JSON lines');
  log.command('export').argument('<file>', 'file to write').description('write every event').action(exportTo);
  log
    .command('import')
    .argument('<file>', 'file to read')
    .description('append every event of an export that is not there yet')
    .action(importFrom);
  return log;
};
