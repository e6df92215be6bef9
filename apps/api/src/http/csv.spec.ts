import { csv } from './csv.js';

describe('a CSV file', () => {
  it('quotes what has to be, and lets no cell be a formula', () => {
    const rows = [
      { a: 'x,"y"\nz', b: '=HYPERLINK("evil")' },
      { a: null, b: -1 },
      { a: '\n=1', b: '＝1' },
    ];
    expect(csv(['a', 'b'], rows)).toBe('a,b\r\n"x,""y""\nz","\'=HYPERLINK(""evil"")"\r\n,-1\r\n"\'\n=1",\'＝1\r\n');
  });
});
