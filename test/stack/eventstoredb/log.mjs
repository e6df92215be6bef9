import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';

/**
 * The records of the test server, in memory and (with `file`) on disk: a record is written before its append is answered,
 * so that a killed server has it when it comes back. Positions are offsets with gaps, as EventStoreDB's are.
 */
export const openLog = (file) => {
  const records = [];
  const streams = new Map();
  const listeners = new Set();
  const add = (record) => {
    records.push(record);
    const stream = streams.get(record.stream);
    if (stream) stream.push(record);
    else streams.set(record.stream, [record]);
  };

  if (file !== undefined && existsSync(file)) {
    const text = readFileSync(file, 'utf8');
    const lines = text.split('\n');
    const cut = lines.pop(); // after the last newline: an append that was cut, and never answered
    if (cut !== '') truncateSync(file, Buffer.byteLength(text) - Buffer.byteLength(cut));
    for (const line of lines) {
      for (const { data, metadata, ...rest } of JSON.parse(line)) {
        add({ ...rest, data: Buffer.from(data, 'base64'), metadata: Buffer.from(metadata, 'base64') });
      }
    }
  }
  const out = file === undefined ? undefined : openSync(file, 'a');
  let closed = false;
  /** One line an append: whole or not there. */
  const store = (batch) => {
    if (out === undefined) return;
    const plain = batch.map(({ data, metadata, ...rest }) => ({
      ...rest,
      data: Buffer.from(data).toString('base64'),
      metadata: Buffer.from(metadata).toString('base64'),
    }));
    writeSync(out, `${JSON.stringify(plain)}\n`);
  };

  const write = (stream, events) => {
    let position = records.at(-1)?.position ?? 0;
    let revision = (streams.get(stream)?.length ?? 0) - 1;
    const batch = events.map((event) => ({
      ...event,
      stream,
      revision: (revision += 1),
      position: (position += 64 + event.data.length),
      created: Date.now(),
    }));
    store(batch);
    batch.forEach(add);
    for (const listener of listeners) listener();
    return batch.at(-1);
  };

  /** `expected`: a revision, 'no-stream', 'any' or 'stream-exists'. The answer has `last`, or `current` where it is refused. */
  const append = (stream, expected, events) => {
    // A call that was under way when the server was stopped must not reach the log that its successor has open by now.
    if (closed) throw new Error('the log is closed');
    const existing = streams.get(stream) ?? [];
    const current = existing.length - 1;
    const wanted = expected === 'no-stream' ? -1 : expected;
    if (expected === 'any' || (expected === 'stream-exists' && current >= 0) || wanted === current) {
      return { last: write(stream, events) };
    }
    const there = existing.slice(wanted + 1, wanted + 1 + events.length);
    const same = there.length === events.length && there.every(({ id }, i) => id === events[i].id);
    return same ? { last: there.at(-1) } : { current };
  };

  // A real log has records of the server's own; one at each start keeps adapters honest about them.
  write('$server-starts', [
    {
      id: crypto.randomUUID(),
      type: '$started',
      contentType: 'application/json',
      data: Buffer.from('{}'),
      metadata: Buffer.alloc(0),
    },
  ]);

  /** Index of the first record after the position. */
  const indexAfter = (position) => {
    let low = 0;
    for (let high = records.length; low < high;) {
      const middle = (low + high) >> 1;
      if (records[middle].position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    records,
    stream: (name) => streams.get(name),
    append,
    indexAfter,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      closed = true;
      if (out !== undefined) closeSync(out);
    },
  };
};
