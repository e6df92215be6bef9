import { Command } from 'commander';
import { connectDatabase, createParkedEvents, migrateCoordination, type ParkedEvents } from '#coordination';
import { loadConfig, processEnvironment } from '#runtime';
import { commandLogger, withDatabase } from '../database.js';
import { table } from '../demo/table.js';
import { BadInputError } from '../errors.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const withParked = <T>(use: (parked: ParkedEvents) => Promise<T>): Promise<T> => {
  const config = loadConfig(processEnvironment());
  return withDatabase(config, async (connectionString) => {
    const logger = commandLogger(config);
    const onError = (err: Error): void => logger.warn({ err }, 'lost a connection to the database');
    const database = connectDatabase({ connectionString, max: 1, onError });
    try {
      await migrateCoordination(database);
      return await use(createParkedEvents(database));
    } finally {
      await database.end();
    }
  });
};

const list = (): Promise<void> =>
  withParked(async (parked) => {
    const rows = (await parked.list()).map(({ consumer, eventId, type, stream, attempts, at, released, error }) => [
      consumer,
      eventId,
      type,
      stream,
      String(attempts),
      at,
      released ? 'released' : 'waits',
      error.split('\n')[0] ?? '',
    ]);
    const head = ['consumer', 'event', 'type', 'stream', 'attempts', 'parked at', 'state', 'error'];
    process.stdout.write(rows.length === 0 ? 'nothing is parked\n' : `${table(head, rows)}\n`);
  });

const release = (consumer: string, eventId: string): Promise<void> => {
  if (!UUID.test(eventId)) throw new BadInputError(`event: must be the id of an event (a UUID), not '${eventId}'`);
  return withParked(async (parked) => {
    if (!(await parked.release(consumer, eventId)))
      throw new BadInputError(`no event ${eventId} is parked for '${consumer}': \`iolaus parked list\` shows what is`);
    process.stdout.write(`${consumer} tries ${eventId} again\n`);
  });
};

export const parkedCommand = (): Command => {
  const parked = new Command('parked').description('events that a duty gave up on, and which wait for somebody');
  parked.command('list').description('show them, with what went wrong').action(list);
  parked
    .command('release')
    .argument('<consumer>', 'as the list shows it')
    .argument('<event>', 'id of the event')
    .description('have the duty try one again')
    .action(release);
  return parked;
};
