import { isError } from './first-error.js';

/** A line of a log: its number, counted from 1, the byte where it begins, its text, cut off where it is very long. */
export type LogLine = Readonly<{ nr: number; offset: number; text: string }>;

/** What a log holds, seen from its begin to its end. */
export type Scanned = Readonly<{
  /** number of the last line, which may still be empty */
  lines: number;
  firstError: LogLine | null;
  /** lines that hold what was searched */
  matches: readonly LogLine[];
  /** there are more of them */
  moreMatches: boolean;
  /** the first line that begins at or after the byte that was asked about; null where none does */
  atByte: Readonly<{ nr: number; offset: number }> | null;
  /** the byte where the line that was asked about begins, the last line's where there are not so many */
  atLine: Readonly<{ nr: number; offset: number }>;
}>;

const NEWLINE = 10;
const EMPTY = Buffer.alloc(0);
/** Bytes of a line that are looked at. */
const LINE_BYTES = 2000;
const MOST_MATCHES = 200;

/** Looks through a log once, in bounded memory. `search`: text that a line should hold, in any case of its letters. */
export const scanLog = async (
  pieces: AsyncIterable<Buffer>,
  { byte = 0, line = 1, search, errors = true }: { byte?: number; line?: number; search?: string; errors?: boolean },
): Promise<Scanned> => {
  const wanted = search?.toLowerCase();
  const matches: LogLine[] = [];
  let moreMatches = false;
  let firstError: LogLine | null = null;
  let nr = 1;
  let offset = 0;
  let head: Buffer = EMPTY;
  let atByte: Scanned['atByte'] = byte === 0 ? { nr: 1, offset: 0 } : null;
  let atLine = 0;
  const look = (): void => {
    const text = head.toString('utf8');
    if (errors && firstError === null && isError(text)) firstError = { nr, offset, text };
    if (wanted === undefined || moreMatches || !text.toLowerCase().includes(wanted)) return;
    if (matches.length < MOST_MATCHES) matches.push({ nr, offset, text });
    else moreMatches = true;
  };
  /** Whether the text of lines still matters. */
  const looks = (): boolean => (errors && firstError === null) || (wanted !== undefined && !moreMatches);
  /** Whether some line that lies wholly in a piece may be one: most pieces hold none, and looking at each line costs 30 times as much. */
  const mayHold = (piece: Buffer): boolean =>
    (errors && firstError === null && isError(piece.toString('latin1'))) ||
    (wanted !== undefined && !moreMatches && piece.toString('utf8').toLowerCase().includes(wanted));
  let seen = 0;
  for await (const piece of pieces) {
    const here = looks() && mayHold(piece);
    let from = 0;
    // Faster than `indexOf` where lines are short.
    for (let at = 0; at < piece.length; at++) {
      if (piece[at] !== NEWLINE) continue;
      // The first line may have begun in another piece.
      if ((here || from === 0) && looks()) {
        const rest = piece.subarray(from, Math.min(at, from + LINE_BYTES));
        head = head.length === 0 ? rest : Buffer.concat([head, rest]);
        look();
      }
      head = EMPTY;
      from = at + 1;
      nr++;
      offset = seen + from;
      if (atByte === null && offset >= byte) atByte = { nr, offset };
      if (nr <= line) atLine = offset;
    }
    if (looks() && head.length < LINE_BYTES)
      head = Buffer.concat([head, piece.subarray(from, from + LINE_BYTES - head.length)]);
    seen += piece.length;
  }
  if (head.length > 0 && looks()) look();
  return {
    lines: nr,
    firstError,
    matches,
    moreMatches,
    atByte: atByte && atByte.offset < seen ? atByte : null,
    atLine: { nr: Math.min(nr, Math.max(1, line)), offset: atLine },
  };
};
