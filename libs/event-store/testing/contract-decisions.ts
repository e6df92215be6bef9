import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { isRejection } from '#domain';
import {
  BEGINNING,
  commandHandler,
  ConcurrencyError,
  createStreamStates,
  eventId,
  type EventStore,
  type ExpectedRevision,
  type Handle,
} from '../src/index.js';
import type { Harness, LogUnderTest } from './contract.js';
import { context, count, type Count, type Counted, counter, counterVersions as versions } from './counter.js';
import { collect } from './events.js';

type Handler = Handle<Count, Counted, 'below-zero'>;
type Outcome = Awaited<ReturnType<Handler>>;

const seldom = <T>(value: fc.Arbitrary<T>, otherwise: T, part = 8) =>
  fc.oneof({ weight: part - 1, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary: value });

/** One command: by which handler, on which stream, and whether it is an earlier one that comes again. */
const wish = fc.record({
  handler: fc.nat(3),
  stream: fc.nat(1),
  by: fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 0, maxLength: 3, size: 'max' }),
  again: seldom<number | null>(fc.nat(30), null, 3),
  expected: seldom<number | null>(fc.nat(12), null),
  dryRun: seldom(fc.constant(true), false),
});
export type Wish = Readonly<{
  handler: number;
  stream: number;
  by: readonly number[];
  again: number | null;
  expected: number | null;
  dryRun: boolean;
}>;
export const wishes = (maxLength: number) => fc.array(wish, { minLength: 1, maxLength, size: 'max' });

/** Two that share what they keep, one of another process with room for little, and one that reads every stream whole. */
export const handlersOf = (first: EventStore, second: EventStore): readonly Handler[] => {
  const shared = createStreamStates(first, { keepFrom: 2 });
  const small = createStreamStates(second, { keepFrom: 1, maxBytes: 900 });
  const none = createStreamStates(second, { maxBytes: 0 });
  return [
    commandHandler(first, counter, versions, shared),
    commandHandler(first, counter, versions, shared),
    commandHandler(second, counter, versions, small),
    commandHandler(second, counter, versions, none),
  ];
};

type Modelled = Readonly<{ id: string; data: Counted['data']; commandId: string; position: bigint }>;

/** What a stream holds and answers, without any log. */
export class Model {
  readonly events: Modelled[] = [];

  private get revision(): ExpectedRevision {
    return this.events.length === 0 ? 'no-stream' : this.events.length - 1;
  }

  /** What must be answered, but for positions of events not written yet; then the events are part of the model. */
  expect(of: Wish, commandId: string, got: Outcome): void {
    const before = this.events.filter((event) => event.commandId === commandId);
    if (before.length > 0) {
      expect(got).toMatchObject({
        position: before.at(-1)!.position,
        events: before.map(({ id, data }) => ({ id, data })),
      });
      return;
    }
    if (of.expected !== null && of.expected !== this.revision) {
      expect(got).toMatchObject({ rejected: 'wrong-expected-revision', detail: String(this.revision) });
      return;
    }
    const decided = counter.decide(count(...of.by), this.events.at(-1)?.data.total ?? 0);
    if (isRejection(decided)) {
      expect(got).toEqual(decided);
      return;
    }
    const last = this.events.at(-1)?.position ?? BEGINNING;
    const events = decided.map(({ data }, i) => ({
      id: eventId(commandId, i),
      data,
      revision: this.events.length + i,
    }));
    const written = !of.dryRun && events.length > 0;
    const revision = written ? events.at(-1)!.revision : this.revision;
    expect(got).toMatchObject({ revision, events, ...(written ? {} : { position: last }) });
    if (!written || isRejection(got)) return;
    expect(got.position > last).toBe(true);
    // Only the position of a command's last event is told, and asked for.
    for (const { id, data } of events) this.events.push({ id, data, commandId, position: got.position });
  }
}

/** Sends one command after another, and holds each answer against the model of its stream. */
export const runOneByOne = async (
  script: readonly Wish[],
  handlers: readonly Handler[],
  streams: readonly string[],
  models: readonly Model[],
  commandIds: string[] = [],
): Promise<void> => {
  for (const of of script) {
    const commandId = (of.again === null ? undefined : commandIds[of.again]) ?? randomUUID();
    commandIds.push(commandId);
    const options = { dryRun: of.dryRun, ...(of.expected === null ? {} : { expected: of.expected }) };
    const got = await handlers[of.handler]!(streams[of.stream]!, count(...of.by), context({ commandId }), options);
    models[of.stream]!.expect(of, commandId, got);
  }
};

/** Whatever is kept of streams, commands are decided as if every stream were read whole. */
export const describeDecisions = (name: string, harness: Pick<Harness, 'open'>): void => {
  describe(`decisions on kept states, on ${name}`, () => {
    let log: LogUnderTest;
    let stores: readonly [EventStore, EventStore];
    beforeAll(async () => {
      log = await harness.open();
      stores = [log.connect({ versions }), log.connect({ versions })];
    });
    afterAll(() => log.close());

    it('are those on whole streams, for commands of several handlers in any order', async () => {
      await fc.assert(
        fc.asyncProperty(wishes(40), async (script) => {
          const streams = [`counter-${randomUUID()}`, `counter-${randomUUID()}`];
          await runOneByOne(script, handlersOf(...stores), streams, [new Model(), new Model()]);
        }),
        { numRuns: 40, seed: 11 },
      );
    });

    it('make one line of commands that come at once: each decided on what is before it, none twice', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(wishes(6), { minLength: 1, maxLength: 4, size: 'max' }), async (rounds) => {
          const stream = `counter-${randomUUID()}`;
          const handlers = handlersOf(...stores);
          const ids: string[] = [];
          const wished = new Map<string, readonly number[]>();
          for (const round of rounds) {
            const lowest = (await collect(stores[0].readStream(stream))).length;
            const sent = round.map((of) => {
              const commandId = (of.again === null ? undefined : ids[of.again]) ?? randomUUID();
              ids.push(commandId);
              const by = wished.get(commandId) ?? of.by;
              wished.set(commandId, by);
              return { of: { ...of, by }, commandId };
            });
            const outcomes = await Promise.all(
              sent.map(({ of, commandId }) =>
                handlers[of.handler]!(stream, count(...of.by), context({ commandId })).catch((error: unknown) => {
                  if (error instanceof ConcurrencyError) return undefined;
                  throw error;
                }),
              ),
            );
            const events = await collect(stores[0].readStream(stream));
            const totals = [0, ...events.map(({ data }) => (data as Counted['data']).total)];
            for (const [i, got] of outcomes.entries()) {
              const { of, commandId } = sent[i]!;
              if (got === undefined) continue;
              if (isRejection(got)) {
                const refused = totals
                  .slice(lowest)
                  .some((total) => isRejection(counter.decide(count(...of.by), total)));
                expect(refused).toBe(true);
                continue;
              }
              const first = got.events[0]?.revision ?? 0;
              expect(events.slice(first, first + got.events.length)).toMatchObject(
                got.events.map(({ id, data }) => ({ id, data })),
              );
              expect(got.events.map(({ id }) => id)).toEqual(of.by.map((_, n) => eventId(commandId, n)));
              expect(got.events.map(({ type, data }) => ({ type, data }))).toEqual(
                counter.decide(count(...of.by), totals[first]!),
              );
            }
            expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
            expect(events.map(({ revision }) => revision)).toEqual(events.map((_, i) => i));
          }
        }),
        { numRuns: 25, seed: 12 },
      );
    });
  });
};

/** A log that is not the one that was read before: a restored backup, a server that lost what it had acknowledged. */
export const describeRestoredLogs = (name: string, harness: Pick<Harness, 'open'>): void => {
  describe(`decisions on kept states, on ${name}, when the log goes back`, () => {
    it('are those on what is there now, whatever was kept of what is lost', async () => {
      await fc.assert(
        fc.asyncProperty(wishes(8), wishes(8), wishes(8), wishes(12), async (common, lost, other, after) => {
          const logs = [await harness.open(), await harness.open()];
          const [before, restored] = logs.map((log) => log.connect({ versions })) as [EventStore, EventStore];
          let current = before;
          // An address: what is behind it changes.
          const address: EventStore = {
            ...before,
            append: (...args) => current.append(...args),
            readStream: (...args) => current.readStream(...args),
          };
          try {
            const handlers = handlersOf(address, address);
            const streams = [`counter-${randomUUID()}`, `counter-${randomUUID()}`];
            const models = [new Model(), new Model()];
            const ids: string[] = [];
            await runOneByOne(common, handlers, streams, models, ids);

            for await (const events of before.readAll())
              for (const event of events)
                await restored.append(event.stream, event.revision === 0 ? 'no-stream' : event.revision - 1, [event]);
            const lostModels = models.map((model) => Object.assign(new Model(), { events: [...model.events] }));
            await runOneByOne(lost, handlers, streams, lostModels, ids);
            const stranger = [0, 1, 2, 3].map(() =>
              commandHandler(restored, counter, versions, createStreamStates(restored, { maxBytes: 0 })),
            );
            await runOneByOne(other, stranger, streams, models, ids);

            current = restored;
            await runOneByOne(after, handlers, streams, models, ids);
          } finally {
            for (const log of logs) await log.close();
          }
        }),
        { numRuns: 12, seed: 13, endOnFailure: true },
      );
    });
  });
};
