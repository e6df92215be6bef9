import { createPostgresEventStore, migrate } from '#event-store';
import type { EventStore } from '#event-store';
import { happened, testRegistry } from '../../../../libs/event-store/testing/events.js';
import { createTestDatabase } from '../../../../test/stack/postgres.js';
import type { TestDatabase } from '../../../../test/stack/postgres.js';
import { exportLog, importLog } from './transfer.js';

describe('an export of the event log', () => {
  const opened: { database: TestDatabase; store: EventStore }[] = [];
  const open = async (): Promise<EventStore> => {
    const database = await createTestDatabase();
    await migrate(database.pool);
    const store = createPostgresEventStore({ ...testRegistry, pool: database.pool });
    opened.push({ database, store });
    return store;
  };
  afterEach(async () => {
    for (const { store, database } of opened.splice(0)) {
      await store.close();
      await database.drop();
    }
  });

  const linesOf = async (store: EventStore): Promise<string[]> => {
    let text = '';
    await exportLog(
      store,
      async (part) => void (text += part),
      () => undefined,
    );
    return text.split('\n').filter((line) => line !== '');
  };
  const asFile = async function* (lines: readonly string[]) {
    yield* lines;
  };
  const load = (store: EventStore, lines: readonly string[]) => importLog(store, asFile(lines), () => undefined);
  /** An event as the log has it, but for its position. */
  const content = (lines: readonly string[]): unknown[] =>
    lines.map((line) => ({ ...(JSON.parse(line) as Record<string, unknown>), position: 0 }));

  /** 1,300 events of streams that take turns. */
  const fill = async (store: EventStore): Promise<void> => {
    await store.append('a', 'no-stream', [happened({ text: 'ü\n"' }), happened()]);
    await store.append('b', 'no-stream', [happened()]);
    await store.append('a', 1, [happened()]);
    for (let i = 0; i < 130; i += 1)
      await store.append(
        `s${i}`,
        'no-stream',
        Array.from({ length: 10 }, () => happened({ i })),
      );
  };

  it('fills an empty log with the same events in the same order', async () => {
    const [from, to] = [await open(), await open()];
    await fill(from);
    const lines = await linesOf(from);
    expect(lines).toHaveLength(1304);
    expect(await load(to, lines)).toBe(1304);
    expect(content(await linesOf(to))).toEqual(content(lines));
  });

  it('can be imported again, or go on where it was interrupted, and changes nothing that is there', async () => {
    const [from, to] = [await open(), await open()];
    await fill(from);
    const lines = await linesOf(from);
    await load(to, lines.slice(0, 700));
    await load(to, lines);
    await load(to, lines);
    expect(content(await linesOf(to))).toEqual(content(lines));
  });

  it('is refused by a log that holds other events in one of its streams, by the name of the stream', async () => {
    const [from, to] = [await open(), await open()];
    await from.append('a', 'no-stream', [happened()]);
    await to.append('a', 'no-stream', [happened()]);
    await expect(load(to, await linesOf(from))).rejects.toThrow(
      'stream a: the log cannot take revision 0: it holds other events',
    );
  });

  it.each([
    ['{"position":', 'line 2: is not JSON'],
    ['{"position":"1"}', 'line 2: stream: '],
    ['[]', 'line 2: event: '],
  ])('with the line %s is refused, naming line and field', async (line, message) => {
    const [from, to] = [await open(), await open()];
    await from.append('a', 'no-stream', [happened()]);
    await expect(load(to, [...(await linesOf(from)), line])).rejects.toThrow(message);
  });
});
