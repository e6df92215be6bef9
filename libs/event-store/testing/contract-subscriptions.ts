import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, RecordedEvent, SubscribeOptions } from '../src/index.js';
import type { LogUnderTest } from './contract.js';
import { collect, happened } from './events.js';

/** A subscription that notes what it was handed, of one prefix of streams. */
export const follow = (log: LogUnderTest, prefix: string, options: Omit<SubscribeOptions, 'signal'>) => {
  const ending = new AbortController();
  const batches: Batch[] = [];
  const events: RecordedEvent[] = [];
  const done = log.connect().subscribe({ ...options, signal: ending.signal }, async (batch) => {
    batches.push(batch);
    events.push(...batch.events.filter(({ stream }) => stream.startsWith(prefix)));
  });
  done.catch(() => undefined); // awaited by `stop`
  return {
    batches,
    events,
    done,
    until: async (condition: () => boolean, ms = 20_000) => {
      for (const end = performance.now() + ms; !condition(); await sleep(5)) {
        if (performance.now() > end) throw new Error(`not within ${ms} ms; saw ${events.length} events`);
      }
    },
    stop: async () => {
      ending.abort();
      await done;
    },
  };
};

export const describeSubscriptions = (log: () => LogUnderTest): void => {
  const seen = (events: readonly RecordedEvent[]) => events.map(({ data }) => (data as { n: number }).n);
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

  describe('a subscription', () => {
    it('hears what was there, says that it caught up, and hears what comes', async () => {
      const store = log().connect();
      const stream = `follow-${randomUUID()}`;
      const after = await store.head();
      await store.append(
        stream,
        'no-stream',
        numbers(0, 10).map((n) => happened({ n })),
      );
      const heard = follow(log(), stream, { after, batchSize: 4 });
      await heard.until(() => heard.batches.some(({ caughtUp }) => caughtUp));
      expect(seen(heard.events)).toEqual(numbers(0, 10));
      await store.append(
        stream,
        9,
        numbers(10, 13).map((n) => happened({ n })),
      );
      await heard.until(() => heard.events.length >= 13);
      expect(seen(heard.events)).toEqual(numbers(0, 13));
      await heard.stop();
      expect(heard.batches.every(({ events }) => events.length <= 4)).toBe(true);
    });

    it('says that it caught up when there is nothing to hear', async () => {
      const store = log().connect();
      const heard = follow(log(), 'nothing', { after: await store.head() });
      await heard.until(() => heard.batches.some(({ caughtUp }) => caughtUp));
      await heard.stop();
    });

    it('hears only its types, and resumes after each event it handled without losing or repeating one', async () => {
      const store = log().connect();
      const stream = `types-${randomUUID()}`;
      const after = await store.head();
      const events = numbers(0, 60).map((n) => happened({ n }, { type: n % 3 === 0 ? 'Noted' : 'Happened' }));
      await store.append(stream, 'no-stream', events);
      const wanted = numbers(0, 20).map((i) => i * 3);
      const whole = follow(log(), stream, { after, types: ['Noted'] });
      await whole.until(() => whole.events.length >= 20);
      expect(seen(whole.events)).toEqual(wanted);
      await whole.stop();
      for (const cut of [0, 7, 18]) {
        const rest = follow(log(), stream, { after: whole.events[cut]!.position, types: ['Noted'] });
        await rest.until(() => rest.events.length >= 19 - cut);
        expect(seen(rest.events)).toEqual(wanted.slice(cut + 1));
        await rest.stop();
      }
    });

    it('resumes from any position that a batch handed out', async () => {
      const store = log().connect();
      const stream = `positions-${randomUUID()}`;
      const after = await store.head();
      await store.append(
        stream,
        'no-stream',
        numbers(0, 30).map((n) => happened({ n })),
      );
      const heard = follow(log(), stream, { after, batchSize: 7 });
      await heard.until(() => heard.events.length >= 30);
      await heard.stop();
      let handled = 0;
      for (const { events, position } of heard.batches) {
        handled += events.filter((event) => event.stream === stream).length;
        const rest = (await collect(store.readAll({ after: position })))
          .flat()
          .filter((event) => event.stream === stream);
        expect(seen(rest)).toEqual(numbers(handled, 30));
      }
    });

    it('hands over one batch at a time, and its promise carries what the handler threw', async () => {
      const store = log().connect();
      const stream = `throws-${randomUUID()}`;
      const after = await store.head();
      await store.append(
        stream,
        'no-stream',
        numbers(0, 6).map((n) => happened({ n })),
      );
      let running = 0;
      const handled: number[] = [];
      const broken = log()
        .connect()
        .subscribe({ after, batchSize: 1, signal: new AbortController().signal }, async ({ events }) => {
          running += 1;
          expect(running).toBe(1);
          await sleep(5);
          running -= 1;
          handled.push(...seen(events));
          if (handled.length === 3) throw new Error('the third is too much');
        });
      await expect(broken).rejects.toThrow('the third is too much');
      await sleep(50);
      expect(handled).toEqual([0, 1, 2]);
    });

    it('ends when its signal says so, after the handler that runs', async () => {
      const store = log().connect();
      const stream = `ends-${randomUUID()}`;
      const after = await store.head();
      const ending = new AbortController();
      let finished = false;
      const ended = log()
        .connect()
        .subscribe({ after, signal: ending.signal }, async ({ events }) => {
          if (events.length === 0) return;
          ending.abort();
          await sleep(50);
          finished = true;
        });
      await store.append(stream, 'no-stream', [happened({ n: 0 })]);
      await ended;
      expect(finished).toBe(true);
    });

    it('misses no event and sees one order, while eight writers commit', async () => {
      const store = log().connect();
      const prefix = `race-${randomUUID()}`;
      const after = await store.head();
      const heard = [follow(log(), prefix, { after }), follow(log(), prefix, { after, batchSize: 3 })];
      const writers = Array.from({ length: 8 }, () => log().connect());
      await Promise.all(
        writers.map(async (writer, w) => {
          for (let n = 0; n < 60; n++)
            await writer.append(`${prefix}-${w}`, n === 0 ? 'no-stream' : n - 1, [happened({ n })]);
        }),
      );
      const ids = (events: readonly RecordedEvent[]) => events.map(({ id }) => id);
      const all = (await collect(store.readAll({ after }))).flat().filter(({ stream }) => stream.startsWith(prefix));
      expect(all).toHaveLength(480);
      for (const one of heard) {
        await one.until(() => one.events.length >= 480);
        expect(ids(one.events)).toEqual(ids(all));
        await one.stop();
      }
    });
  });
};
