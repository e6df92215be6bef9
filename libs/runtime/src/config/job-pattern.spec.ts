import fc from 'fast-check';
import { parseJobPattern } from './job-pattern.js';

/** Patterns of the syntax that is taken, small enough that JavaScript's own engine answers. */
const { pattern } = fc.letrec<{ pattern: string; sequence: string; atom: string }>((tie) => ({
  pattern: fc.oneof(
    tie('sequence'),
    fc.tuple(tie('sequence'), tie('sequence')).map(([a, b]) => `${a}|${b}`),
  ),
  sequence: fc.array(tie('atom'), { maxLength: 4 }).map((atoms) => atoms.join('')),
  atom: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      'a',
      'b',
      ':',
      '\\.',
      '.',
      '[ab]',
      '[^a]',
      '[\\]\\-a]',
      '\\w',
      '\\S',
      '\\u{61}',
      '\\x62',
      '\\p{L}',
      'é',
      '😀',
    ),
    fc.constantFrom('^', '$', '\\b', '\\B'),
    fc
      .tuple(
        fc.constantFrom('(', '(?:'),
        tie('pattern'),
        fc.constantFrom('', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?', '{0,2}?'),
      )
      .map(([open, inner, times]) => `${open}${inner})${times}`),
    fc
      .tuple(fc.constantFrom('a', 'b', '.'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}'))
      .map(([a, times]) => a + times),
  ),
}));
const text = fc
  .array(fc.constantFrom('a', 'b', ':', '.', ']', '-', 'é', '😀'), { maxLength: 8 })
  .map((chars) => chars.join(''));

describe('a pattern of job names', () => {
  it("matches what JavaScript's own engine matches", () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 5 }), (source, texts) => {
        const ours = parseJobPattern(source);
        for (const each of texts)
          expect([each, ours.test(each)]).toEqual([each, new RegExp(`^(?:${source})$`, 'u').test(each)]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '(a+)+',
    '(a|a)*b',
    '(.*)*:(.*)*',
    '([a-z]+)*[0-9]',
    '(a|aa)+c',
    '(a*)*',
    '(\\w+\\s?)*!',
    'a{0,200}a{0,200}b',
  ])('answers soon for %s and ten thousand characters', (source) => {
    const ours = parseJobPattern(source);
    const begun = performance.now();
    for (const end of ['', '!', 'b', ':']) ours.test('a'.repeat(10_000) + end);
    // It would be years by trying one after another.
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('answers soon for any pattern and a long text', () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom('a', 'ab', 'aab', ':'), (source, unit) => {
        const begun = performance.now();
        parseJobPattern(source).test(unit.repeat(10_000 / unit.length));
        return performance.now() - begun < 2_000;
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['(', 'must be a regular expression'],
    ['a)|(b', 'must be a regular expression'],
    ['a**', 'must be a regular expression'],
    ['(a)\\1', 'must not refer back'],
    ['(?<x>a)\\k<x>', 'must not refer back'],
    ['(?=a)b', 'must not look around'],
    ['(?<!a)b', 'must not look around'],
    ['((a{100}){100}){100}', 'must not repeat so much'],
  ])('refuses %s', (source, rule) => {
    expect(() => parseJobPattern(source)).toThrow(rule);
  });
});
