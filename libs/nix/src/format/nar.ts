/**
 * The NAR format: strings as in Nix's wire format (length of 8 bytes little-endian, bytes, zeroes up to 8), nested:
 * `nix-archive-1 ( type regular [executable ""] contents BYTES )`, `( type symlink target BYTES )`,
 * `( type directory entry ( name N node (…) ) … )`, entries sorted by the bytes of their names.
 * Source: libutil/archive.cc.
 */

/** One token sequence as bytes. */
export const narStrings = (...values: readonly (string | Buffer)[]): Buffer => {
  const parts: Buffer[] = [];
  for (const value of values) {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    parts.push(narInt(bytes.length), bytes, narPadding(bytes.length));
  }
  return Buffer.concat(parts);
};

export const narInt = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** The zeroes after so many bytes. */
export const narPadding = (length: number): Buffer => Buffer.alloc((8 - (length % 8)) % 8);

/** A file tree out of a NAR. Names and targets are bytes, one per character (latin1). */
export type NarNode =
  | Readonly<{ type: 'regular'; executable: boolean; contents: Buffer }>
  | Readonly<{ type: 'symlink'; target: string }>
  | Readonly<{ type: 'directory'; entries: ReadonlyMap<string, NarNode> }>;

/** Reads a whole NAR in memory: for tests and small things. Throws on anything that Nix would not write. */
export function parseNar(nar: Buffer): NarNode {
  let at = 0;
  const fail = (wanted: string): never => {
    throw new Error(`bad NAR at byte ${at}: ${wanted} expected`);
  };
  const bytes = (): Buffer => {
    if (at + 8 > nar.length) fail('a length');
    const length = nar.readBigUInt64LE(at);
    if (length > BigInt(nar.length - at - 8)) fail('a length within the NAR');
    const start = at + 8;
    const end = start + Number(length);
    at = end + ((8 - (end % 8)) % 8);
    if (at > nar.length || nar.subarray(end, at).some((byte) => byte !== 0)) fail('zero padding');
    return nar.subarray(start, end);
  };
  const word = (): string => bytes().toString('latin1');
  const expect = (value: string): void => {
    if (word() !== value) fail(`'${value}'`);
  };
  const regular = (): NarNode => {
    let token = word();
    const executable = token === 'executable';
    if (executable) {
      expect('');
      token = word();
    }
    // An empty file may come without contents from an old writer; Nix itself always writes them.
    if (token === ')') return { type: 'regular', executable, contents: Buffer.alloc(0) };
    if (token !== 'contents') fail(`'contents'`);
    const contents = bytes();
    expect(')');
    return { type: 'regular', executable, contents };
  };
  const directory = (): NarNode => {
    const entries = new Map<string, NarNode>();
    let last: string | undefined;
    for (let token = word(); token !== ')'; token = word()) {
      if (token !== 'entry') fail(`'entry'`);
      expect('(');
      expect('name');
      const name = word();
      if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) fail('a file name');
      if (last !== undefined && name <= last) fail('sorted names');
      last = name;
      expect('node');
      entries.set(name, node());
      expect(')');
    }
    return { type: 'directory', entries };
  };
  const node = (): NarNode => {
    expect('(');
    expect('type');
    const type = word();
    if (type === 'regular') return regular();
    if (type === 'directory') return directory();
    if (type !== 'symlink') fail('a type');
    expect('target');
    const target = word();
    expect(')');
    return { type: 'symlink', target };
  };
  expect('nix-archive-1');
  const root = node();
  if (at !== nar.length) fail('the end');
  return root;
}

/** The NAR of one text file, such as a .drv in the store. */
export const narOfFile = (contents: Buffer): Buffer =>
  narStrings('nix-archive-1', '(', 'type', 'regular', 'contents', contents, ')');
