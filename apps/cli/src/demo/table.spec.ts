import { table } from './table.js';

it('a table pads its columns to the widest cell', () => {
  expect(
    table(
      ['id', 'job'],
      [
        ['1', 'hello'],
        ['100', 'x'],
      ],
    ),
  ).toBe('id   job\n───  ─────\n1    hello\n100  x');
});

it('a table without rows still shows its head', () => {
  expect(table(['id', 'job'], [])).toBe('id  job\n──  ───');
});
