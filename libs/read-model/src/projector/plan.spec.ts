import fc from 'fast-check';
import type { Statement } from '../projection.js';
import { plan } from './plan.js';

const row = (id: string) => ({ id });
const statement = (text: string, id: string, keys?: string[], shared?: string[]): Statement => ({
  text,
  rows: [row(id)],
  ...(keys ? { keys } : {}),
  ...(shared ? { shared } : {}),
});
const shape = (statements: Statement[]) =>
  plan(statements).map(({ text, rows }) => [text, (rows as { id: string }[]).map(({ id }) => id).join('')]);

describe('the plan of a batch', () => {
  it('runs rows of one text together where nothing else touches what they touch', () => {
    const started = (n: string) => statement('start', n, [n]);
    const ended = (n: string) => statement('end', n, [n]);
    expect(shape([started('a'), ended('a'), started('b'), ended('b')])).toEqual([
      ['start', 'ab'],
      ['end', 'ab'],
    ]);
  });
  it('keeps the order of two statements with a common key, of one text too', () => {
    expect(shape([statement('x', '1', ['a']), statement('x', '2', ['a']), statement('y', '3', ['a'])])).toEqual([
      ['x', '1'],
      ['x', '2'],
      ['y', '3'],
    ]);
  });
  it('lets rows of one text share a key that the text declares as shared, in their order', () => {
    const add = (n: string) => statement('add', n, [n, 'counter'], ['counter']);
    expect(shape([add('1'), add('2'), statement('other', '3', ['counter']), add('4')])).toEqual([
      ['add', '12'],
      ['other', '3'],
      ['add', '4'],
    ]);
  });
  it('moves nothing past a statement without keys', () => {
    expect(shape([statement('x', '1', ['a']), statement('all', '2'), statement('x', '3', ['b'])])).toEqual([
      ['x', '1'],
      ['all', '2'],
      ['x', '3'],
    ]);
  });
  it('cuts what would become one huge parameter', () => {
    const rows = Array.from({ length: 12_001 }, (_, i) => row(String(i)));
    expect(plan([{ text: 'x', rows, keys: ['a'] }]).map((part) => part.rows.length)).toEqual([5000, 5000, 2001]);
  });

  it('has every row once, and any two rows that conflict in the order of their events', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const any = fc.record({
      text: fc.constantFrom('x', 'y', 'z'),
      keys: fc.option(fc.uniqueArray(key, { minLength: 1, maxLength: 2 }), { nil: undefined }),
      share: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (drawn) => {
        const statements = drawn.map(({ text, keys, share }, i) =>
          statement(text, String(i), keys, share && keys ? keys.slice(0, 1) : []),
        );
        const executions = plan(statements);
        const place = new Map<number, [execution: number, row: number]>();
        executions.forEach(({ rows }, e) =>
          rows.forEach((r, n) => place.set(Number((r as { id: string }).id), [e, n])),
        );
        expect(place.size).toBe(statements.length);
        statements.forEach((first, i) =>
          statements.slice(i + 1).forEach((second, j) => {
            const common = first.keys?.filter((k) => second.keys?.includes(k)) ?? [];
            if (first.keys && second.keys && common.length === 0) return;
            const [a, b] = [place.get(i)!, place.get(i + 1 + j)!];
            const sharing =
              first.text === second.text &&
              common.length > 0 &&
              common.every((k) => first.shared!.includes(k) && second.shared!.includes(k));
            if (a[0] === b[0]) expect(sharing && a[1] < b[1]).toBe(true);
            else expect(a[0]).toBeLessThan(b[0]);
          }),
        );
      }),
    );
  });
});
