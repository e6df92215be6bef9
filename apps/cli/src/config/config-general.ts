/**
 * The format of `hydra.conf`: Perl's Config::General, https://metacpan.org/pod/Config::General, with its defaults.
 *
 *     # a comment; in a value a "#" is written \#
 *     base_uri = https://hydra.example.org     (or without the "=")
 *     <s3backup>
 *       jobs = "nixpkgs:trunk:.*"
 *     </s3backup>
 *
 * A backslash at the end joins a line with the next one, `key <<MARK` takes the lines up to MARK, and a line that begins with
 * `/*` begins a comment up to a line that ends with the same the other way round. No other backslash means anything.
 */

/** `value` is undefined for a key that stands alone. Lines count from 1. */
export type Setting = Readonly<{ kind: 'setting'; key: string; value: string | undefined; line: number }>;
/** `<name label> ... </name>`. */
export type Block = Readonly<{ kind: 'block'; name: string; label: string; entries: readonly Entry[]; line: number }>;
export type Entry = Setting | Block;

/** A line that is not in the format, or that we do not follow. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  constructor(
    readonly line: number,
    readonly rule: string,
  ) {
    super(`line ${line}: ${rule}`);
  }
}

type Line = Readonly<{ text: string; line: number }>;

/** Lines without comments and continuations; a here-document comes as one line `key = text`, marked by `literal`. */
type Logical = Line & Readonly<{ literal?: string }>;

const HERE = /^(\S+?)(?:\s*=\s*|\s+)<<\s*([A-Za-z0-9_]+)$/;

const logicalLines = function* (text: string): Generator<Logical> {
  const lines = text.split(/\r\n|\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    if (/^\s*\/\*/.test(lines[at]!)) {
      while (at < lines.length && !/\*\/\s*$/.test(lines[at]!)) at++;
      if (at === lines.length) throw new FormatError(line, 'this comment has no end');
      continue;
    }
    let joined = withoutComment(lines[at]!);
    while (joined.endsWith('\\') && at + 1 < lines.length)
      joined = joined.slice(0, -1) + withoutComment(lines[++at]!).trimStart();
    joined = joined.trim();
    if (joined === '') continue;
    const [, key, mark] = HERE.exec(joined) ?? [];
    if (key === undefined) {
      yield { text: joined, line };
      continue;
    }
    const end = lines.findIndex((each, index) => index > at && each.trim() === mark);
    if (end < 0) throw new FormatError(line, `${key}: its text has no end: no line is ${mark}`);
    yield { text: key, line, literal: lines.slice(at + 1, end).join('\n') };
    at = end;
  }
};

/** Drops what follows a `#` without a backslash before it, and the backslash of one that has it. */
const withoutComment = (text: string): string =>
  text
    .replace(/(?<!\\)#.*$/, '')
    .replaceAll('\\#', '#')
    .trimEnd();

const unquoted = (value: string): string => {
  const [, , inner] = /^(["'])(.*)\1$/s.exec(value) ?? [];
  return inner ?? value;
};

const INCLUDE = /^(?:<<\s*include\b|include\s+\S)/i;

/** Reads a file. Throws `FormatError`; an include is one, since what it names is not at hand. */
export const parseConfigGeneral = (text: string): readonly Entry[] => {
  type Open = { name: string; label: string; entries: Entry[]; line: number };
  const top: Open = { name: '', label: '', entries: [], line: 0 };
  const open: Open[] = [top];
  for (const { text: content, line, literal } of logicalLines(text)) {
    const here = open.at(-1)!;
    if (literal !== undefined) {
      here.entries.push({ kind: 'setting', key: content, value: literal, line });
      continue;
    }
    if (INCLUDE.test(content))
      throw new FormatError(line, 'an include is not followed: put what it names in its place and run this again');
    const [, closing] = /^<\/\s*([^>]*?)\s*>$/.exec(content) ?? [];
    if (closing !== undefined) {
      if (here === top) throw new FormatError(line, `</${closing}> closes nothing`);
      // Config::General takes any name, also none; one that is not of the open block is somebody's mistake.
      if (closing !== '' && closing !== here.name)
        throw new FormatError(
          line,
          `</${closing}> stands where </${here.name}> should: <${here.name}> is of line ${here.line}`,
        );
      open.pop();
      open.at(-1)!.entries.push({ kind: 'block', ...here });
      continue;
    }
    const [, name, label = '', empty] = /^<([^\s>/]+)(?:\s+([^>]*?))?\s*(\/?)>$/.exec(content) ?? [];
    if (name !== undefined) {
      const block = { name, label: unquoted(label), entries: [], line };
      if (empty) here.entries.push({ kind: 'block', ...block });
      else open.push(block);
      continue;
    }
    if (content.startsWith('<')) throw new FormatError(line, `'${content}' is neither a block nor a key`);
    const [, key, value] = /^(\S+?)(?:\s*=\s*|\s+)(.*)$/s.exec(content) ?? [];
    here.entries.push({
      kind: 'setting',
      key: key ?? content,
      value: value === undefined ? undefined : unquoted(value),
      line,
    });
  }
  const unclosed = open.at(-1)!;
  if (unclosed !== top) throw new FormatError(unclosed.line, `<${unclosed.name}> is not closed`);
  return top.entries;
};
