import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { createChunker } from './chunker.js';

const NEVER = 3_600_000;

describe('a chunker', () => {
  it('keeps every item, in order, and no chunk over a limit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 })), async (sizes) => {
        const chunks: (readonly number[])[] = [];
        const chunker = createChunker<number>(
          { maxBytes: 50, maxCount: 4, maxWaitMs: NEVER },
          async (items) => void chunks.push(items),
        );
        for (const size of sizes) await chunker.add(size, size);
        await chunker.end();
        expect(chunks.flat()).toEqual(sizes);
        for (const chunk of chunks) {
          expect(chunk.length).toBeLessThanOrEqual(4);
          expect(chunk.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(50);
        }
      }),
    );
  });

  it('sends what waited long enough, though nothing more comes', async () => {
    const chunks: (readonly string[])[] = [];
    const chunker = createChunker<string>(
      { maxBytes: 100, maxCount: 10, maxWaitMs: 5 },
      async (items) => void chunks.push(items),
    );
    await chunker.add('a', 1);
    expect(chunks).toEqual([]);
    for (let i = 0; i < 200 && chunks.length === 0; i++) await wait(5);
    expect(chunks).toEqual([['a']]);
    await chunker.end();
    expect(chunks).toEqual([['a']]);
  });

  it('writes one chunk after the other', async () => {
    let running = 0;
    let most = 0;
    const chunker = createChunker<number>({ maxBytes: 1, maxCount: 1, maxWaitMs: NEVER }, async () => {
      most = Math.max(most, ++running);
      await wait(1);
      running -= 1;
    });
    await Promise.all(Array.from({ length: 20 }, (_, i) => chunker.add(i, 1)));
    await chunker.end();
    expect(most).toBe(1);
  });

  it('tells the failure of a chunk to whoever comes next, and writes nothing after it', async () => {
    const chunks: (readonly number[])[] = [];
    const chunker = createChunker<number>({ maxBytes: 100, maxCount: 1, maxWaitMs: NEVER }, async (items) => {
      chunks.push(items);
      throw new Error('disk full');
    });
    await chunker.add(1, 1);
    await expect(chunker.add(2, 1)).rejects.toThrow('disk full');
    await expect(chunker.end()).rejects.toThrow('disk full');
    expect(chunks).toEqual([[1]]);
  });
});
