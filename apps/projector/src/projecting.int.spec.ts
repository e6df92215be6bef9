import { setTimeout as sleep } from 'node:timers/promises';
import { eventId, openEventStore } from '#event-store';
import { getProject, projectorStatus } from '#read-model';
import { silentLogger, systemClock, uuidv4 } from '#runtime';
import { createTestDatabase } from '../../../test/stack/postgres.js';
import { Projecting } from './projecting.js';

it('one of two projectors leads, and the other one goes on when it ends', async () => {
  const { pool, url, drop } = await createTestDatabase();
  const store = await openEventStore({ databaseUrl: url });
  const start = () => {
    const stop = new AbortController();
    const options = { database: pool, store, databaseUrl: url, logger: silentLogger(), clock: systemClock };
    return { stop, done: new Projecting(options).run(stop.signal) };
  };
  const create = async (name: string, projectId: number) => {
    const about = { displayName: name, description: '', homepage: '', owner: 'u', enabled: true, hidden: false };
    const data = { projectId, name, configuration: { ...about, enableDynamicRunCommand: false } };
    const id = uuidv4();
    const cause = { correlationId: id, causationId: id, actor: { kind: 'system', id: 'test' }, via: 'test' } as const;
    const metadata = { v: 1, at: systemClock.iso(), ...cause };
    const event = { id: eventId(id, 0), type: 'ProjectCreated', data, metadata };
    await store.append(`project-${name}`, 'no-stream', [event]);
    const head = await store.head();
    while (((await projectorStatus(pool))?.position ?? -1n) < head) await sleep(20);
  };
  const [first, second] = [start(), start()];
  try {
    await create('a', 1);
    first.stop.abort();
    await first.done;
    await create('b', 2);
    expect([(await getProject(pool, 'a'))?.id, (await getProject(pool, 'b'))?.id]).toEqual([1, 2]);
  } finally {
    first.stop.abort();
    second.stop.abort();
    await Promise.all([first.done, second.done]);
    await store.close();
    await drop();
  }
});
