/** What a spreadsheet would take for a formula at the start of a cell. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

const cell = (value: unknown): string => {
  const said = value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = typeof value === 'string' && FORMULA.test(said) ? `'${said}` : said;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};

/** RFC 4180 with a head line. A text that a spreadsheet would run as a formula gets a `'` in front. */
export const csv = <T extends Readonly<Record<string, unknown>>>(
  heads: readonly (keyof T & string)[],
  rows: readonly T[],
): string =>
  [heads, ...rows.map((row) => heads.map((head) => cell(row[head])))].map((line) => `${line.join(',')}\r\n`).join('');
