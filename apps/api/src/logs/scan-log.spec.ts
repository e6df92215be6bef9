import fc from 'fast-check';
import { scanLog } from './scan-log.js';

/** A log in pieces of so many bytes. */
async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const LOG = 'checking ärror\n0 failed\n\nx.c:7:1: error: expected\nmake: *** [x.o] Error 1\nend';

describe('a log that is looked through', () => {
  it.each([1, 3, 7, 1000])('says the same in pieces of %i bytes', async (size) => {
    const found = await scanLog(inPieces(LOG, size), { byte: 20, line: 5, search: 'ERROR' });
    expect(found).toEqual({
      lines: 6,
      firstError: { nr: 4, offset: 26, text: 'x.c:7:1: error: expected' },
      matches: [
        { nr: 4, offset: 26, text: 'x.c:7:1: error: expected' },
        { nr: 5, offset: 51, text: 'make: *** [x.o] Error 1' },
      ],
      moreMatches: false,
      atByte: { nr: 3, offset: 25 },
      atLine: { nr: 5, offset: 51 },
    });
  });
  it('says the same in pieces of any size, whatever it holds', async () => {
    const word = fc.constantFrom('\n', '\n', 'error:', 'failed', '0 ', 'Ä', 'x', 'FATAL: ', '\u{1f600}');
    const asked = fc.record({
      byte: fc.nat(60),
      line: fc.nat(12),
      search: fc.constantFrom('ä', 'error', 'x'),
      errors: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(word, { maxLength: 40 }),
        asked,
        fc.integer({ min: 2, max: 90 }),
        async (log, options, size) => {
          const text = log.join('');
          expect(await scanLog(inPieces(text, size), options)).toEqual(await scanLog(inPieces(text, 1), options));
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });
  it('has no error where there is none', async () => {
    expect((await scanLog(inPieces('built\n12 passed, 0 failed\n', 5), {})).firstError).toBeNull();
  });
  it.each([
    "file59.c:7:1: error: expected ';'",
    'error[E0425]: cannot find value',
    'fatal: repository not found',
    'make: *** [Makefile:4: file59.o] Error 1',
    'FAILED tests/test_x.py::test_y',
    'Traceback (most recent call last):',
    "thread 'main' panicked at src/main.rs:4",
    '/bin/sh: line 1: cc: command not found',
    "ld: undefined reference to `main'",
  ])('takes "%s" for an error', async (line) => {
    expect((await scanLog(inPieces(`fine\n${line}\n`, 4), {})).firstError).toMatchObject({ nr: 2 });
  });
  it('leads to its last line where it has not so many, and to no line after its end', async () => {
    const found = await scanLog(inPieces('a\nb', 1), { line: 99, byte: 99 });
    expect([found.atLine, found.atByte]).toEqual([{ nr: 2, offset: 2 }, null]);
  });
  it('gives not more matches than can be read', async () => {
    const found = await scanLog(inPieces('x\n'.repeat(500), 64), { search: 'x' });
    expect([found.matches.length, found.moreMatches]).toEqual([200, true]);
  });
  it('keeps a line that is as long as the log from filling the memory', async () => {
    const found = await scanLog(inPieces('error: '.padEnd(100_000, 'x'), 1000), {});
    expect(found.firstError!.text).toHaveLength(2000);
  });
});
