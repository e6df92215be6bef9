/**
 * The .drv format, an ATerm:
 * `Derive([("out","/nix/store/…-x","","")],[("/nix/store/…-y.drv",["out"])],["/nix/store/…-src"],"x86_64-linux","/bin/sh",
 * ["-c","…"],[("name","x"),("out","/nix/store/…-x")])`
 * Source: `parseDerivation`, `Derivation::unparse` in Nix's libstore/derivations.cc.
 */

/** One output. `hashAlgo` (`sha256`, `r:sha256`) and `hash` (hex) stand only for a fixed output; else both are ''. */
export type DerivationOutput = Readonly<{ path: string; hashAlgo: string; hash: string }>;

/** What is built without other derivations: all inputs are paths. This is what the serve protocol takes. */
export type BasicDerivation = Readonly<{
  outputs: ReadonlyMap<string, DerivationOutput>;
  inputSrcs: readonly string[];
  platform: string;
  builder: string;
  args: readonly string[];
  env: ReadonlyMap<string, string>;
}>;

/**
 * A derivation. **Its strings hold bytes, one per character (latin1)**, since a .drv may hold any: read one for people by
 * `Buffer.from(text, 'latin1').toString()`.
 */
export type Derivation = BasicDerivation &
  Readonly<{ /** derivation path to wanted output names */ inputDrvs: ReadonlyMap<string, readonly string[]> }>;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  fail(wanted: string): never {
    throw new Error(`bad derivation at byte ${this.at}: ${wanted} expected`);
  }

  expect(token: string): void {
    if (!this.text.startsWith(token, this.at)) this.fail(`'${token}'`);
    this.at += token.length;
  }

  string(): string {
    this.expect('"');
    let value = '';
    let start = this.at;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (Number.isNaN(code)) this.fail(`'"'`);
      if (code === 34) break;
      if (code === 92) {
        const next = this.text[this.at + 1];
        if (next === undefined) this.fail('an escaped character');
        value += this.text.slice(start, this.at) + (ESCAPES[next] ?? next);
        this.at += 2;
        start = this.at;
      } else this.at += 1;
    }
    value += this.text.slice(start, this.at);
    this.at += 1;
    return value;
  }

  list<T>(item: () => T): T[] {
    this.expect('[');
    const items: T[] = [];
    while (this.text[this.at] !== ']') {
      if (items.length > 0) this.expect(',');
      items.push(item());
    }
    this.at += 1;
    return items;
  }

  tuple<T>(item: () => T): T {
    this.expect('(');
    const value = item();
    this.expect(')');
    return value;
  }

  comma<T>(item: () => T): T {
    this.expect(',');
    return item();
  }

  end(): void {
    if (this.at !== this.text.length) this.fail('the end');
  }
}

/** Reads a .drv. Throws, naming the byte, on what is not one. */
export function parseDerivation(content: Buffer | string): Derivation {
  const reader = new Reader(typeof content === 'string' ? content : content.toString('latin1'));
  const string = (): string => reader.string();
  const strings = (): string[] => reader.list(string);
  const output = (): [string, DerivationOutput] =>
    reader.tuple(() => [
      string(),
      { path: reader.comma(string), hashAlgo: reader.comma(string), hash: reader.comma(string) },
    ]);
  const input = (): [string, string[]] => reader.tuple(() => [string(), reader.comma(strings)]);
  const pair = (): [string, string] => reader.tuple(() => [string(), reader.comma(string)]);

  reader.expect('Derive(');
  const outputs = new Map(reader.list(output));
  const inputDrvs = new Map(reader.comma(() => reader.list(input)));
  const inputSrcs = reader.comma(strings);
  const platform = reader.comma(string);
  const builder = reader.comma(string);
  const args = reader.comma(strings);
  const env = new Map(reader.comma(() => reader.list(pair)));
  reader.expect(')');
  reader.end();
  return { outputs, inputDrvs, inputSrcs, platform, builder, args, env };
}

const ESCAPED: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const quote = (text: string): string => `"${text.replace(/["\\\n\r\t]/g, (char) => ESCAPED[char]!)}"`;
const list = (items: readonly string[]): string => `[${items.join(',')}]`;
const quoted = (items: readonly string[]): string => list(items.map(quote));
const tuple = (...items: string[]): string => `(${items.join(',')})`;
/** By bytes, as Nix's sets and maps are sorted; our strings hold one byte per character. */
const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** Writes a derivation as Nix does, byte for byte; the result is latin1. Maps and sets come out sorted. */
export function formatDerivation(drv: Derivation): string {
  const parts = [
    list(sorted(drv.outputs).map(([name, o]) => tuple(quote(name), quote(o.path), quote(o.hashAlgo), quote(o.hash)))),
    list(sorted(drv.inputDrvs).map(([path, names]) => tuple(quote(path), quoted([...names].sort())))),
    quoted([...drv.inputSrcs].sort()),
    quote(drv.platform),
    quote(drv.builder),
    quoted(drv.args),
    list(sorted(drv.env).map(([name, value]) => tuple(quote(name), quote(value)))),
  ];
  return `Derive(${parts.join(',')})`;
}

/**
 * A derivation whose inputs are all paths, for the serve protocol. `outputPath` finds the path of an input's output and
 * throws where there is none.
 */
export function toBasicDerivation(
  drv: Derivation,
  outputPath: (drvPath: string, output: string) => string,
): BasicDerivation {
  const inputs = new Set(drv.inputSrcs);
  for (const [drvPath, names] of drv.inputDrvs) for (const name of names) inputs.add(outputPath(drvPath, name));
  const { outputs, platform, builder, args, env } = drv;
  return { outputs, inputSrcs: [...inputs].sort(), platform, builder, args, env };
}

/** What a derivation file refers to: its derivations and sources. Full paths, sorted. */
export const derivationReferences = (drv: Derivation): string[] => [...drv.inputDrvs.keys(), ...drv.inputSrcs].sort();
