import fc from 'fast-check';
import { type Entry, parseConfigGeneral } from './config-general.js';

/** The entries without the lines that they stand in. */
type Plain = { key: string; value: string } | { name: string; label: string; entries: Plain[] };

const plain = (entries: readonly Entry[]): Plain[] =>
  entries.map((entry) =>
    entry.kind === 'setting'
      ? { key: entry.key, value: entry.value ?? '' }
      : { name: entry.name, label: entry.label, entries: plain(entry.entries) },
  );

type Style = Readonly<{ indent: string; separator: string; quote: string; comment: string }>;

const print = (entries: readonly Plain[], style: Style): string =>
  entries
    .map((entry) => {
      const { indent, separator, quote, comment } = style;
      if ('key' in entry)
        return `${indent}${entry.key}${separator}${quote}${entry.value.replaceAll('#', '\\#')}${quote}${comment}\n`;
      const label = entry.label === '' ? '' : ` ${entry.label}`;
      return `${indent}<${entry.name}${label}>${comment}\n${print(entry.entries, style)}${indent}</${entry.name}>\n\n`;
    })
    .join('');

const key = fc.stringMatching(/^[a-z][a-z0-9_-]{0,11}$/).filter((word) => word !== 'include');
// What a quoted value can say: anything in one line, but no backslash at its end, before the quote or the comment.
const value = fc.stringMatching(/^[ -~äπ]{0,30}$/).filter((text) => !text.includes('\\#') && !text.endsWith('\\'));
const { entries } = fc.letrec<{ entries: Plain[]; entry: Plain }>((tie) => ({
  entries: fc.array(tie('entry'), { maxLength: 5 }),
  entry: fc.oneof(
    { maxDepth: 3 },
    fc.record({ key, value }),
    fc.record({ name: key, label: fc.stringMatching(/^[a-z]{0,5}$/), entries: tie('entries') }),
  ),
}));
const style = fc.record({
  indent: fc.constantFrom('', '  ', '\t'),
  separator: fc.constantFrom(' = ', '=', ' ', '\t', '  =  '),
  quote: fc.constantFrom('"', "'"),
  comment: fc.constantFrom('', ' # said by somebody', '   '),
});

describe('the format of hydra.conf', () => {
  it('gives back what was written, however it was laid out', () => {
    fc.assert(
      fc.property(entries, style, (written, layout) => {
        expect(plain(parseConfigGeneral(print(written, layout)))).toEqual(written);
      }),
      { numRuns: 300 },
    );
  });

  it('answers any text with entries or with a line that exists', () => {
    const piece = fc.constantFrom(
      '<a>',
      '</a>',
      '<b c>',
      '</b>',
      '<',
      '/*',
      '*/',
      'k = v',
      'k <<E',
      'E',
      '#',
      '\\',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }), (pieces) => {
        const text = pieces.join('\n');
        try {
          parseConfigGeneral(text);
        } catch (error) {
          expect(error).toMatchObject({ name: 'FormatError' });
          const { line } = error as { line: number };
          expect(line >= 1 && line <= text.split('\n').length).toBe(true);
        }
      }),
    );
  });

  it('knows comments, continued lines, here-documents, escaped hashes and lines of Windows', () => {
    const text = [
      '# first',
      '/* a',
      'key = not this',
      '*/',
      '/* on one line */',
      'long = one \\  ',
      '  two',
      'long = one \\',
      '   two  # three',
      'text <<END',
      '  as # it \\ is',
      'END',
      'colour = \\#ff0000',
      'alone',
      'regex = a\\.b\\d',
      '<empty/>',
    ].join('\r\n');
    expect(parseConfigGeneral(text)).toMatchObject([
      { key: 'long', value: 'one two', line: 6 },
      { key: 'long', value: 'one two', line: 8 },
      { key: 'text', value: '  as # it \\ is', line: 10 },
      { key: 'colour', value: '#ff0000' },
      { key: 'alone', value: undefined, line: 14 },
      { key: 'regex', value: 'a\\.b\\d' },
      { kind: 'block', name: 'empty', entries: [] },
    ]);
  });

  it.each([
    ['a = 1\n<<include more.conf>>', 2, 'an include is not followed'],
    ['include more.conf', 1, 'an include is not followed'],
    ['<s3backup>\nname = x', 1, '<s3backup> is not closed'],
    ['</s3backup>', 1, '</s3backup> closes nothing'],
    ['<a>\n<b>\n</a>\n</b>', 3, '</a> stands where </b> should'],
    ['\n<a', 2, 'neither a block nor a key'],
    ['/* a\nb', 1, 'this comment has no end'],
    ['a <<END\nb', 1, 'a: its text has no end'],
  ])('refuses %j in line %i', (text, line, rule) => {
    expect(() => parseConfigGeneral(text)).toThrow(
      expect.objectContaining({ line, message: expect.stringContaining(rule) }) as Error,
    );
  });
});
