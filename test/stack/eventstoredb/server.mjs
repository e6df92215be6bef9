/**
 * The streams protocol of EventStoreDB over gRPC, enough for its official client: Read (a stream, all, subscriptions with
 * filter, checkpoints, caught-up), Append, BatchAppend, GetSupportedMethods. Known from the client's source; where no
 * EventStoreDB can run, tests of our adapter run against this.
 */
import { openLog } from './log.mjs';
import * as m from './messages.mjs';

/** Writes, and waits while the client does not keep up. */
const send = (call, message) =>
  call.write(message) || call.cancelled
    ? undefined
    : new Promise((resolve) => {
        const done = () => {
          call.off('drain', done);
          call.off('cancelled', done);
          resolve();
        };
        call.on('drain', done);
        call.on('cancelled', done);
      });

const expectedOf = (options, revisionOf) => {
  if (options.hasNoStream()) return 'no-stream';
  if (options.hasStreamExists()) return 'stream-exists';
  if (options.hasAny()) return 'any';
  return Number(revisionOf(options));
};

/** Whether the filter lets a record through; undefined filter lets all. */
const matcher = (filter) => {
  if (filter === undefined) return () => true;
  const byType = filter.hasEventType();
  const expression = byType ? filter.getEventType() : filter.getStreamIdentifier();
  const prefixes = expression.getPrefixList();
  const regex = expression.getRegex() === '' ? undefined : new RegExp(expression.getRegex());
  return (record) => {
    const text = byType ? record.type : record.stream;
    return regex ? regex.test(text) : prefixes.some((prefix) => text.startsWith(prefix));
  };
};

/** Sends records [from, end of source), then those that come, until the client cancels. */
const follow = async (call, log, source, from, filter) => {
  const matches = matcher(filter);
  const interval = 32 * (filter?.getCheckpointintervalmultiplier() || 1);
  let next = from;
  let unmatched = 0;
  let live = false;
  let wake = () => undefined;
  const stop = log.listen(() => wake());
  call.on('cancelled', () => wake());
  try {
    await send(call, m.confirmation());
    while (!call.cancelled) {
      const records = source();
      while (next < records.length && !call.cancelled) {
        const record = records[next++];
        if (matches(record)) await send(call, m.readEvent(record));
        if (filter !== undefined && ++unmatched % interval === 0) await send(call, m.checkpoint(record));
      }
      if (!live) await send(call, m.caughtUp());
      live = true;
      if (next >= source().length && !call.cancelled) await new Promise((resolve) => (wake = resolve));
    }
  } finally {
    stop();
  }
};

const readAll = async (call, log, options) => {
  const all = options.getAll();
  const filter = options.hasFilter() ? options.getFilter() : undefined;
  const at = all.hasPosition() ? Number(all.getPosition().getCommitPosition()) : undefined;
  const { records } = log;
  if (options.hasSubscription()) {
    // A subscription begins after its position, a read at it.
    const from = all.hasEnd() ? records.length : at === undefined ? 0 : log.indexAfter(at);
    return follow(call, log, () => records, from, filter);
  }
  const matches = matcher(filter);
  const backwards = options.getReadDirection() === 1;
  let left = Number(options.getCount());
  let index = backwards
    ? (at === undefined ? records.length : log.indexAfter(at)) - 1
    : at === undefined
      ? 0
      : log.indexAfter(at - 1);
  for (; left > 0 && index >= 0 && index < records.length && !call.cancelled; index += backwards ? -1 : 1) {
    if (!matches(records[index])) continue;
    left -= 1;
    await send(call, m.readEvent(records[index]));
  }
  call.end();
};

const readStream = async (call, log, options) => {
  const asked = options.getStream();
  const name = m.nameOf(asked.getStreamIdentifier());
  const at = asked.hasRevision() ? Number(asked.getRevision()) : undefined;
  if (options.hasSubscription()) {
    const records = () => log.stream(name) ?? [];
    const from = asked.hasEnd() ? records().length : at === undefined ? 0 : at + 1;
    return follow(call, log, records, from, undefined);
  }
  const records = log.stream(name);
  if (records === undefined) {
    await send(call, m.streamNotFound(name));
    return call.end();
  }
  const backwards = options.getReadDirection() === 1;
  let left = Number(options.getCount());
  let index = backwards ? Math.min(at ?? Infinity, records.length - 1) : (at ?? 0);
  for (; left > 0 && index >= 0 && index < records.length && !call.cancelled; index += backwards ? -1 : 1, left -= 1) {
    await send(call, m.readEvent(records[index]));
  }
  call.end();
};

const handlers = (log) => ({
  read: (call) => {
    const options = call.request.getOptions();
    const reading = options.hasAll() ? readAll(call, log, options) : readStream(call, log, options);
    reading.catch((error) => call.destroy(error));
  },
  append: (call, answer) => {
    let options;
    const events = [];
    call.on('data', (request) => {
      if (request.hasOptions()) options = request.getOptions();
      else events.push(m.proposed(request.getProposedMessage()));
    });
    call.on('end', () => {
      const expected = expectedOf(options, (o) => o.getRevision());
      try {
        answer(null, m.appendAnswer(log.append(m.nameOf(options.getStreamIdentifier()), expected, events), expected));
      } catch (error) {
        answer(error); // the server is being stopped
      }
    });
  },
  batchAppend: (call) => {
    const open = new Map();
    call.on('data', (request) => {
      const key = request.getCorrelationId().getString();
      const batch = open.get(key) ?? { events: [] };
      open.set(key, batch);
      if (request.hasOptions()) batch.options = request.getOptions();
      batch.events.push(...request.getProposedMessagesList().map(m.proposed));
      if (!request.getIsFinal()) return;
      open.delete(key);
      const stream = m.nameOf(batch.options.getStreamIdentifier());
      const expected = expectedOf(batch.options, (o) => o.getStreamPosition());
      try {
        call.write(
          m.batchAnswer(request.getCorrelationId(), stream, log.append(stream, expected, batch.events), expected),
        );
      } catch (error) {
        call.destroy(error); // the server is being stopped
      }
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined); // the client went away
  },
});

const METHODS = ['read', 'append', 'batchappend'];

/**
 * Starts a server on a port of 127.0.0.1 (0: a free one). With `file` the log is kept there. `batchAppend: false` leaves
 * the client with one call per append, as old servers do.
 */
export const startEventStoreDbServer = async ({ port = 0, file, batchAppend = true } = {}) => {
  const log = openLog(file);
  const server = new m.grpc.Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
  server.addService(m.StreamsService, handlers(log));
  server.addService(m.ServerFeaturesService, {
    getSupportedMethods: (_, answer) =>
      answer(
        null,
        m.supportedMethods(
          METHODS.filter((name) => batchAppend || name !== 'batchappend').map(
            (name) => `event_store.client.streams.Streams/${name}`,
          ),
        ),
      ),
  });
  const bound = await new Promise((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, m.grpc.ServerCredentials.createInsecure(), (error, found) =>
      error ? reject(error) : resolve(found),
    ),
  );
  return {
    port: bound,
    url: `esdb://127.0.0.1:${bound}?tls=false`,
    /** Cuts every connection at once. */
    stop: () => {
      server.forceShutdown();
      log.close();
    },
  };
};
