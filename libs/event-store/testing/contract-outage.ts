import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppendResult } from '../src/index.js';
import type { Harness, KillableLog } from './contract.js';
import { follow } from './contract-subscriptions.js';
import { collect, happened } from './events.js';

/** What an adapter owes its users when the server goes away and comes back. */
export const describeOutages = (name: string, harness: Required<Pick<Harness, 'openKillable'>>): void => {
  describe(`the event store on ${name}, when its server goes away`, () => {
    let log: KillableLog;
    beforeAll(async () => {
      log = await harness.openKillable();
    });
    afterAll(() => log.close());

    it('throws from appends and reads, and serves again once the server is back', async () => {
      const store = log.connect();
      const stream = `outage-${randomUUID()}`;
      await store.append(stream, 'no-stream', [happened({ n: 0 })]);
      await log.kill();
      await expect(store.append(stream, 0, [happened({ n: 1 })])).rejects.toThrow();
      await expect(collect(store.readStream(stream))).rejects.toThrow();
      await expect(store.head()).rejects.toThrow();
      await log.start();
      expect(await store.append(stream, 0, [happened({ n: 2 })])).toMatchObject({ ok: true, revision: 1 });
      expect(await collect(store.readStream(stream))).toHaveLength(2);
    });

    it('goes on with its subscriptions where they were, and tells of the interruption', async () => {
      const store = log.connect();
      const stream = `outage-${randomUUID()}`;
      const after = await store.head();
      const interruptions: Error[] = [];
      const heard = follow(log, stream, { after, onInterrupted: (error) => interruptions.push(error) });
      for (let round = 0; round < 2; round++) {
        const n = round * 2;
        await store.append(stream, round === 0 ? 'no-stream' : n - 1, [happened({ n }), happened({ n: n + 1 })]);
        await heard.until(() => heard.events.length >= n + 2);
        await log.kill();
        await heard.until(() => interruptions.length > round);
        await log.start();
      }
      await store.append(stream, 3, [happened({ n: 4 })]);
      await heard.until(() => heard.events.length >= 5);
      expect(heard.events.map(({ data }) => (data as { n: number }).n)).toEqual([0, 1, 2, 3, 4]);
      await heard.stop();
    });

    it('writes each event once when appends are repeated through kills', async () => {
      const store = log.connect();
      const prefix = `repeat-${randomUUID()}`;
      let failures = 0;
      let writing = true;
      const write = async (w: number): Promise<void> => {
        for (let n = 0; n < 150; n++) {
          const event = happened({ w, n });
          let outcome: AppendResult | undefined;
          while (outcome === undefined) {
            try {
              outcome = await store.append(`${prefix}-${w}`, n === 0 ? 'no-stream' : n - 1, [event]);
            } catch {
              failures += 1;
              await sleep(30);
            }
          }
          expect(outcome).toMatchObject({ ok: true, revision: n });
          await sleep(5);
        }
      };
      const writers = Promise.all([0, 1, 2, 3].map(write)).finally(() => (writing = false));
      for (let kill = 0; kill < 3 && writing; kill++) {
        await sleep(150);
        await log.kill();
        await log.start();
      }
      await writers;
      expect(failures).toBeGreaterThan(0);
      for (const w of [0, 1, 2, 3]) {
        const events = await collect(store.readStream(`${prefix}-${w}`));
        expect(events.map(({ data }) => data)).toEqual(Array.from({ length: 150 }, (_, n) => ({ w, n })));
      }
    });
  });
};
