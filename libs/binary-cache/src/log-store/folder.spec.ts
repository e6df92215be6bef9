import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  createFolderLogStore,
  InvalidLogKeyError,
  type LogChunk,
  logKey,
  LogExistsError,
  LogNotFoundError,
  type LogStore,
} from './index.js';

const DRV = `/nix/store/${'a1'.repeat(16)}-hello-2.10.drv`;
const KEY = logKey(DRV, 1);

describe('logs in a folder', () => {
  let dir: string;
  let logs: LogStore;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iolaus-logs-'));
    logs = createFolderLogStore({ dir, pollMs: 20 });
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const collect = async (tail: AsyncIterable<LogChunk>, into: LogChunk[] = []): Promise<string> => {
    for await (const piece of tail) into.push(piece);
    return Buffer.concat(into.map(({ chunk }) => chunk)).toString();
  };
  const text = async (key: string, options?: { from?: number; to?: number }) =>
    (await buffer(await logs.read(key, options))).toString();

  it('stand under the two first characters of the derivation, one file an attempt', () => {
    expect(KEY).toBe(`a1/${'a1'.repeat(15)}-hello-2.10.drv/1.log`);
  });

  it.each([
    '../../etc/passwd',
    '/etc/passwd',
    'a1/../x/1.log',
    `a1/${'a1'.repeat(15)}-x/../1.log`,
    `a1/${'a1'.repeat(15)}-x/1.log\n`,
    `a1/${'a1'.repeat(15)}-a/b/1.log`,
    `a1/${'a1'.repeat(15)}-a\0/1.log`,
    '',
  ])('refuse the key %j at every door', async (key) => {
    await expect(logs.create(key)).rejects.toThrow(InvalidLogKeyError);
    await expect(logs.read(key)).rejects.toThrow(InvalidLogKeyError);
    await expect(logs.stat(key)).rejects.toThrow(InvalidLogKeyError);
    await expect(logs.lastLines(key, 1)).rejects.toThrow(InvalidLogKeyError);
    expect(() => logs.tail(key)).toThrow(InvalidLogKeyError);
    expect(await readdir(dir)).toEqual([]);
  });

  it('are readable while they are written, and closing tells size and hash', async () => {
    const writer = await logs.create(KEY);
    await writer.write(Buffer.from('one\n'));
    expect(await text(KEY)).toBe('one\n');
    expect(await logs.stat(KEY)).toEqual({ bytes: 4, closed: false });
    void writer.write(Buffer.from('two\n'));
    const closed = await writer.close({ truncated: true });
    const sha256 = createHash('sha256').update('one\ntwo\n').digest('hex');
    expect(closed).toEqual({ key: KEY, bytes: 8, sha256, truncated: true });
    expect(await writer.close()).toEqual(closed);
    expect(await logs.stat(KEY)).toEqual({ bytes: 8, closed: true });
    await expect(writer.write(Buffer.from('late'))).rejects.toThrow('closed');
    expect(await text(KEY, { from: 4 })).toBe('two\n');
    expect(await text(KEY, { from: 1, to: 3 })).toBe('ne');
    expect(await text(KEY, { from: 3, to: 3 })).toBe('');
    expect(await text(KEY, { from: 100 })).toBe('');
  });

  it('are never overwritten', async () => {
    const writer = await logs.create(KEY);
    await writer.write(Buffer.from('first'));
    await expect(logs.create(KEY)).rejects.toThrow(LogExistsError);
    await writer.close();
    await expect(logs.create(KEY)).rejects.toThrow(LogExistsError);
    expect(await text(KEY)).toBe('first');
  });

  it('that are absent are said to be', async () => {
    await expect(logs.read(KEY)).rejects.toThrow(LogNotFoundError);
    await expect(logs.lastLines(KEY, 1)).rejects.toThrow(LogNotFoundError);
    expect(await logs.stat(KEY)).toBeUndefined();
  });

  it('are followed from before they exist until they are closed', async () => {
    const pieces: LogChunk[] = [];
    const followed = collect(logs.tail(KEY), pieces);
    const writer = await logs.create(KEY);
    let all = '';
    for (let line = 0; line < 50; line++) {
      const said = `line ${line} ${'x'.repeat(line * 97)}\n`;
      all += said;
      await writer.write(Buffer.from(said));
      if (line % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 15));
    }
    await writer.close();
    expect(await followed).toBe(all);
    let offset = 0;
    for (const piece of pieces) {
      expect(piece.offset).toBe(offset);
      offset += piece.chunk.length;
    }
    expect(await collect(logs.tail(KEY, { from: 7 }))).toBe(all.slice(7));
  });

  it('of a writer that died are followed until the attempt is said to have ended', async () => {
    const finished = new AbortController();
    const writer = await logs.create(KEY);
    await writer.write(Buffer.from('last words'));
    const followed = collect(logs.tail(KEY, { finished: finished.signal }));
    await new Promise((resolve) => setTimeout(resolve, 60));
    finished.abort();
    expect(await followed).toBe('last words');
    expect(await collect(logs.tail(logKey(DRV, 2), { finished: finished.signal }))).toBe('');
    await writer.close();
  });

  it('are no longer followed once the reader went away', async () => {
    const away = new AbortController();
    const writer = await logs.create(KEY);
    const followed = collect(logs.tail(KEY, { signal: away.signal }));
    away.abort();
    expect(await followed).toBe('');
    await writer.close();
  });

  it('give their last lines from the end', async () => {
    const writer = await logs.create(KEY);
    const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i}`);
    await writer.write(Buffer.from(`${lines.join('\n')}\n`));
    const last = async (count: number, maxBytes?: number) => {
      const { offset, chunk } = await logs.lastLines(KEY, count, maxBytes === undefined ? {} : { maxBytes });
      expect(offset + chunk.length).toBe(writer.bytes);
      return chunk.toString();
    };
    expect(await last(2)).toBe('line 29998\nline 29999\n');
    expect(await last(20_000)).toBe(`${lines.slice(10_000).join('\n')}\n`);
    expect(await last(99_999)).toBe(`${lines.join('\n')}\n`);
    expect(await last(0)).toBe('');
    expect(await last(100, 5)).toBe('9999\n');
    await writer.write(Buffer.from('no newline'));
    expect(await last(2)).toBe('line 29999\nno newline');
    await writer.close();
  });
});
