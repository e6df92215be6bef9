import { randomUUID } from 'node:crypto';
import {
  type EventRegistry,
  type EventStore,
  EventTooLargeError,
  InvalidEventError,
  type RecordedEvent,
} from '../src/index.js';
import { describeSubscriptions } from './contract-subscriptions.js';
import { collect, happened, metadata } from './events.js';

/** A log that a suite has to itself, or shares with strangers (a given EventStoreDB): suites use streams of their own. */
export type LogUnderTest = Readonly<{
  /** One more adapter on the same log, as another process would have it. The log closes what it opened. */
  connect: (registry?: EventRegistry) => EventStore;
  close: () => Promise<void>;
}>;

export type KillableLog = LogUnderTest &
  Readonly<{
    /** The server is gone at once. */
    kill: () => Promise<void>;
    /** It is back at the same address, with what was committed. */
    start: () => Promise<void>;
  }>;

export type Harness = Readonly<{
  /** Opens a log; the suite closes it. */
  open: () => Promise<LogUnderTest>;
  /** Opens a log whose server can be killed; absent where the server is not ours. */
  openKillable?: () => Promise<KillableLog>;
}>;

/** What every adapter of the port must do. */
export const describeEventStore = (name: string, harness: Harness): void => {
  describe(`the event store on ${name}`, () => {
    let log: LogUnderTest;
    let store: EventStore;
    let stream: string;
    beforeAll(async () => {
      log = await harness.open();
      store = log.connect();
    });
    afterAll(() => log.close());
    beforeEach(() => {
      stream = `contract-${randomUUID()}`;
    });

    const revisions = (events: readonly RecordedEvent[]) => events.map(({ revision }) => revision);
    const data = (events: readonly RecordedEvent[]) => events.map((event) => event.data);

    describe('expected revision', () => {
      it('starts a stream that must not exist', async () => {
        expect(await store.append(stream, 'no-stream', [happened(), happened()])).toMatchObject({
          ok: true,
          revision: 1,
        });
      });
      it('goes on after the exact revision', async () => {
        await store.append(stream, 'no-stream', [happened(), happened()]);
        expect(await store.append(stream, 1, [happened()])).toMatchObject({ ok: true, revision: 2 });
      });
      it('refuses to start a stream that exists, and says where it is', async () => {
        await store.append(stream, 'no-stream', [happened(), happened()]);
        expect(await store.append(stream, 'no-stream', [happened()])).toEqual({ ok: false, actual: 1 });
      });
      it('refuses a revision that is past or to come', async () => {
        await store.append(stream, 'no-stream', [happened(), happened(), happened()]);
        expect(await store.append(stream, 1, [happened()])).toEqual({ ok: false, actual: 2 });
        expect(await store.append(stream, 3, [happened()])).toEqual({ ok: false, actual: 2 });
        expect(await collect(store.readStream(stream))).toHaveLength(3);
      });
      it('refuses a revision of a stream that does not exist', async () => {
        expect(await store.append(stream, 0, [happened()])).toEqual({ ok: false, actual: 'no-stream' });
      });
      it('lets one of several concurrent writers win each revision', async () => {
        const writers = Array.from({ length: 8 }, () => log.connect());
        const outcomes = await Promise.all(
          writers.map((writer, i) => writer.append(stream, 'no-stream', [happened({ i })])),
        );
        expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
        expect(outcomes.filter((outcome) => !outcome.ok && outcome.actual === 0)).toHaveLength(7);
        const winner = outcomes.findIndex(({ ok }) => ok);
        expect(data(await collect(store.readStream(stream)))).toEqual([{ i: winner }]);
      });
      it('loses no increment of writers who read again after each lost race', async () => {
        const writers = Array.from({ length: 4 }, () => log.connect());
        await Promise.all(
          writers.map(async (writer) => {
            for (let done = 0; done < 10;) {
              const [last] = await collect(writer.readStream(stream, { direction: 'backward', maxCount: 1 }));
              const count = ((last?.data as { count: number } | undefined)?.count ?? 0) + 1;
              const outcome = await writer.append(stream, last?.revision ?? 'no-stream', [happened({ count })]);
              if (outcome.ok) done += 1;
            }
          }),
        );
        const events = await collect(store.readStream(stream));
        expect(data(events)).toEqual(Array.from({ length: 40 }, (_, i) => ({ count: i + 1 })));
      });
    });

    describe('the same events again', () => {
      it('answer as the first time, also from another writer and after later events', async () => {
        const events = [happened(), happened(), happened()];
        const first = await store.append(stream, 'no-stream', events);
        expect(await store.append(stream, 'no-stream', events)).toEqual(first);
        await store.append(stream, 2, [happened()]);
        expect(await log.connect().append(stream, 'no-stream', events)).toEqual(first);
        expect(await collect(store.readStream(stream))).toHaveLength(4);
      });
      it('are refused at another place, with one id changed, or when only some are there', async () => {
        const [a, b, c] = [happened(), happened(), happened()];
        await store.append(stream, 'no-stream', [a, b]);
        expect(await store.append(stream, 'no-stream', [b, a])).toEqual({ ok: false, actual: 1 });
        expect(await store.append(stream, 'no-stream', [a, c])).toEqual({ ok: false, actual: 1 });
        expect(await store.append(stream, 0, [b, c])).toEqual({ ok: false, actual: 1 });
      });
    });

    describe('a batch over several streams', () => {
      it('gives each write its own result, and a lost race takes nothing with it', async () => {
        const [a, b, c] = [`${stream}-a`, `${stream}-b`, `${stream}-c`];
        await store.append(b, 'no-stream', [happened()]);
        const results = await store.appendBatch([
          { stream: a, expected: 'no-stream', events: [happened({ in: 'a' })] },
          { stream: b, expected: 'no-stream', events: [happened(), happened()] },
          { stream: c, expected: 'no-stream', events: [happened({ in: 'c' }), happened({ in: 'c' })] },
          { stream: a, expected: 0, events: [happened({ in: 'a' })] },
        ]);
        expect(results).toMatchObject([
          { ok: true, revision: 0 },
          { ok: false, actual: 0 },
          { ok: true, revision: 1 },
          { ok: true, revision: 1 },
        ]);
        expect(data(await collect(store.readStream(a)))).toEqual([{ in: 'a' }, { in: 'a' }]);
        expect(await collect(store.readStream(b))).toHaveLength(1);
      });
      it('writes nothing at all when one of its events breaks a rule', async () => {
        const writes = [
          { stream: `${stream}-a`, expected: 'no-stream', events: [happened()] },
          { stream: `${stream}-b`, expected: 'no-stream', events: [happened({}, { type: 'Unheard' })] },
        ] as const;
        await expect(store.appendBatch(writes)).rejects.toThrow(InvalidEventError);
        expect(await collect(store.readStream(`${stream}-a`))).toEqual([]);
      });
    });

    describe('one stream', () => {
      beforeEach(async () => {
        await store.append(
          stream,
          'no-stream',
          Array.from({ length: 5 }, (_, i) => happened({ i })),
        );
      });
      it.each([
        [{}, [0, 1, 2, 3, 4]],
        [{ from: 3 }, [3, 4]],
        [{ from: 1, maxCount: 2 }, [1, 2]],
        [{ direction: 'backward' }, [4, 3, 2, 1, 0]],
        [{ direction: 'backward', from: 2 }, [2, 1, 0]],
        [{ direction: 'backward', maxCount: 1 }, [4]],
        [{ direction: 'backward', from: 99, maxCount: 2 }, [4, 3]],
        [{ from: 5 }, []],
        [{ maxCount: 0 }, []],
      ] as const)('is read with %j as %j', async (options, expected) => {
        expect(revisions(await collect(store.readStream(stream, options)))).toEqual(expected);
      });
      it('has no events when it does not exist', async () => {
        expect(await collect(store.readStream(`${stream}-absent`))).toEqual([]);
        expect(await collect(store.readStream(`${stream}-absent`, { direction: 'backward' }))).toEqual([]);
      });
      it('is read whole beyond one page', async () => {
        for (let from = 4; from < 704; from += 100) {
          await store.append(
            stream,
            from,
            Array.from({ length: 100 }, (_, i) => happened({ i: from + 1 + i })),
          );
        }
        const events = await collect(store.readStream(stream));
        expect(data(events)).toEqual(Array.from({ length: 705 }, (_, i) => ({ i })));
        expect(revisions(await collect(store.readStream(stream, { direction: 'backward', maxCount: 600 })))).toEqual(
          Array.from({ length: 600 }, (_, i) => 704 - i),
        );
      });
      it('gives back what was written: id, type, payload, the whole envelope, unicode', async () => {
        const event = happened(
          {
            text: 'ß 漢字 🦀 \u0000 " \\ \n \u2028 e\u0301',
            nested: { list: [1, 2.5, -0.001, null, true, []] },
            '🔑': 'key',
          },
          { metadata: metadata({ reason: 'Grüße 👋', role: 'admin', requestId: 'r1' }) },
        );
        const name = `${stream}-ü-漢-🦀`;
        const written = await store.append(name, 'no-stream', [event]);
        const [read] = await collect(store.readStream(name));
        expect(read).toEqual({ ...event, stream: name, revision: 0, position: written.ok && written.position });
      });
    });

    describe('all events', () => {
      it('come in the order of their positions, after one and up to another, in batches', async () => {
        const before = await store.head();
        const first = await store.append(`${stream}-a`, 'no-stream', [happened({ n: 0 }), happened({ n: 1 })]);
        await store.append(`${stream}-b`, 'no-stream', [happened({ n: 2 })]);
        const last = await store.append(`${stream}-a`, 1, [happened({ n: 3 })]);
        if (!first.ok || !last.ok) throw new Error('not written');
        expect(await store.head()).toBe(last.position);

        const ours = (events: readonly RecordedEvent[]) => events.filter((event) => event.stream.startsWith(stream));
        const batches = await collect(store.readAll({ after: before, batchSize: 2 }));
        expect(batches.every((batch) => batch.length > 0 && batch.length <= 2)).toBe(true);
        const all = ours(batches.flat());
        expect(data(all)).toEqual([0, 1, 2, 3].map((n) => ({ n })));
        expect(all.map(({ position }) => position)).toEqual(
          all.map(({ position }) => position).sort((a, b) => (a < b ? -1 : 1)),
        );
        const middle = ours((await collect(store.readAll({ after: all[0]!.position, to: all[2]!.position }))).flat());
        expect(data(middle)).toEqual([{ n: 1 }, { n: 2 }]);
        expect(await collect(store.readAll({ after: last.position, to: last.position }))).toEqual([]);
      });
      it('can be asked for some types only', async () => {
        const before = await store.head();
        const mixed = Array.from({ length: 40 }, (_, n) =>
          happened({ n }, { type: n % 10 === 0 ? 'Noted' : 'Happened' }),
        );
        await store.append(stream, 'no-stream', mixed);
        const noted = (await collect(store.readAll({ after: before, types: ['Noted'], batchSize: 3 }))).flat();
        expect(data(noted)).toEqual([0, 10, 20, 30].map((n) => ({ n })));
      });
    });

    describe('lifting', () => {
      it('reads an old version in the form of today, one step per version', async () => {
        const written = [
          [1, { name: 'a' }],
          [2, { names: ['a'] }],
          [3, { names: ['a'], count: 1 }],
        ] as const;
        for (const [current, payload] of written) {
          const then = log.connect({ versions: { Lifted: { current, lift: {} } } });
          const event = happened(payload, { type: 'Lifted', metadata: metadata({ v: current }) });
          expect(await then.append(stream, current === 1 ? 'no-stream' : current - 2, [event])).toMatchObject({
            ok: true,
          });
        }
        const lifted = written.map(() => ({ names: ['a'], count: 1 }));
        expect(data(await collect(store.readStream(stream)))).toEqual(lifted);
        const { position } = (await collect(store.readStream(stream, { maxCount: 1 })))[0]!;
        expect(
          data((await collect(store.readAll({ after: position }))).flat().filter((e) => e.stream === stream)),
        ).toEqual(lifted.slice(1));
      });
      it('writes only the version of today', async () => {
        const old = happened({ name: 'a' }, { type: 'Lifted', metadata: metadata({ v: 1 }) });
        await expect(store.append(stream, 'no-stream', [old])).rejects.toThrow('Lifted metadata/v: 1');
      });
    });

    describe('bounds', () => {
      it('carries many events of 200 KiB through every way of reading', async () => {
        const before = await store.head();
        const big = (n: number) => ({ n, text: `${'ä🦀x'.repeat(29_000)}${n}` });
        for (let n = 0; n < 12; n += 4) {
          const events = [n, n + 1, n + 2, n + 3].map((i) => happened(big(i)));
          expect(await store.append(stream, n === 0 ? 'no-stream' : n - 1, events)).toMatchObject({ ok: true });
        }
        const expected = Array.from({ length: 12 }, (_, n) => big(n));
        expect(data(await collect(store.readStream(stream)))).toEqual(expected);
        expect(data((await collect(store.readAll({ after: before }))).flat())).toEqual(expected);
      });
      it('refuses an event over 256 KiB before anything is written', async () => {
        const events = [happened(), happened({ text: 'x'.repeat(256 * 1024) })];
        await expect(store.append(stream, 'no-stream', events)).rejects.toThrow(EventTooLargeError);
        expect(await collect(store.readStream(stream))).toEqual([]);
      });
      it('refuses an id that is no UUID, a revision that is none, an empty append, and a name no stream can have', async () => {
        await expect(store.append(stream, 'no-stream', [happened({}, { id: '1' })])).rejects.toThrow(InvalidEventError);
        await expect(store.append(stream, -1, [happened()])).rejects.toThrow(InvalidEventError);
        await expect(store.append(stream, 'no-stream', [])).rejects.toThrow(InvalidEventError);
        for (const name of ['', '$all', 'nul\0', 'half \ud800', 'x'.repeat(513)]) {
          await expect(store.append(name, 'no-stream', [happened()])).rejects.toThrow(InvalidEventError);
        }
      });
    });

    describeSubscriptions(() => log);
  });
};
