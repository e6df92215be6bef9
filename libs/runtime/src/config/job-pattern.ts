/**
 * Matching of job names in time that grows with the length of the name only. JavaScript's own engine tries alternatives one after
 * another and may take for ever on `(a+)+`; here all that a pattern can be at are followed at once (K. Thompson, "Regular
 * Expression Search Algorithm", 1968). The syntax is that of JavaScript with the flag u, without what cannot be matched so:
 * look-around and back-references.
 */
export type JobPattern = Readonly<{
  /** as it was written */
  source: string;
  /** Whether the whole of a text matches. */
  test: (text: string) => boolean;
}>;

/** What a pattern may grow to once its counted repetitions are written out. */
const MOST_STATES = 5_000;

type Node =
  | Readonly<{ kind: 'char'; matches: (char: string) => boolean }>
  | Readonly<{ kind: 'assertion'; holds: (before: string, after: string) => boolean }>
  | Readonly<{ kind: 'sequence' | 'choice'; of: readonly Node[] }>
  | Readonly<{ kind: 'repeat'; of: Node; least: number; most: number }>;

const problem = (text: string): never => {
  throw new SyntaxError(text);
};

/** One character's worth of a pattern, which JavaScript decides. */
const char = (source: string): Node => {
  const regex = new RegExp(`^(?:${source})$`, 'u');
  const known = new Map<string, boolean>();
  const matches = (text: string): boolean => {
    let answer = known.get(text);
    if (answer === undefined) known.set(text, (answer = regex.test(text)));
    return answer;
  };
  return { kind: 'char', matches };
};

const isWord = (text: string): boolean => /^\w$/.test(text);
const ASSERTIONS: Readonly<Record<string, (before: string, after: string) => boolean>> = {
  '^': (before) => before === '',
  $: (_before, after) => after === '',
  '\\b': (before, after) => isWord(before) !== isWord(after),
  '\\B': (before, after) => isWord(before) === isWord(after),
};

/** Everything that is one token: an escape, a class, the head of a group, a quantifier, or a character. */
const TOKEN =
  /\\(?:u\{[0-9a-fA-F]+\}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[a-zA-Z]|[pP]\{[^}]*\}|k<[^>]*>|[1-9]\d*|.)|\[(?:\\.|[^\]\\])*\]|\(\?<?[=!]|\(\?<[^>]*>|\(\?:|\(\?[a-z-]*:|(?:[*+?]|\{\d+(?:,\d*)?\})\??|[\s\S]/gu;

const parse = (source: string): Node => {
  const tokens = source.match(TOKEN) ?? [];
  let at = 0;
  const bounds = (token: string): readonly [number, number] => {
    if (token.startsWith('*')) return [0, Infinity];
    if (token.startsWith('+')) return [1, Infinity];
    if (token.startsWith('?')) return [0, 1];
    const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(token)!;
    return [Number(least), comma === '' ? Number(least) : most === '' ? Infinity : Number(most)];
  };
  const atom = (token: string): Node => {
    const holds = ASSERTIONS[token];
    if (holds) return { kind: 'assertion', holds };
    if (/^\(\?<?[=!]/.test(token))
      return problem('must not look around ("(?=", "(?!", "(?<=", "(?<!"): it could run for ever');
    if (/^\\(?:[1-9]|k<)/.test(token)) return problem(`must not refer back ("${token}"): it could run for ever`);
    if (/^\(\?[a-z-]+:/.test(token)) return problem(`must not switch flags ("${token}")`);
    if (!token.startsWith('(')) return char(token);
    const inner = choice();
    at += 1; // the closing one, which JavaScript saw
    return inner;
  };
  const sequence = (): Node => {
    const of: Node[] = [];
    for (let token = tokens[at]; token !== undefined && token !== '|' && token !== ')'; token = tokens[at]) {
      at += 1;
      const one = atom(token);
      const next = tokens[at];
      if (next === undefined || !/^(?:[*+?]|\{\d)/.test(next)) of.push(one);
      else {
        at += 1;
        const [least, most] = bounds(next);
        of.push({ kind: 'repeat', of: one, least, most });
      }
    }
    return { kind: 'sequence', of };
  };
  const choice = (): Node => {
    const of = [sequence()];
    for (; tokens[at] === '|'; of.push(sequence())) at += 1;
    return { kind: 'choice', of };
  };
  return choice();
};

/** A place in a pattern: it passes a character on, or leads on without one. */
type State = { node?: Node & { kind: 'char' | 'assertion' }; next: State[] };

/** The states of a pattern, each leading to those after it; `last` is where a match ends. */
const compile = (root: Node, last: State): State => {
  let states = 0;
  const state = (next: State[], node?: State['node']): State => {
    if ((states += 1) > MOST_STATES) problem(`must not repeat so much: it comes to more than ${MOST_STATES} places`);
    return { next, ...(node && { node }) };
  };
  const build = (node: Node, then: State): State => {
    switch (node.kind) {
      case 'char':
      case 'assertion':
        return state([then], node);
      case 'sequence':
        return node.of.reduceRight((next, each) => build(each, next), then);
      case 'choice':
        return state(node.of.map((each) => build(each, then)));
      case 'repeat': {
        let next = then;
        if (node.most === Infinity) {
          const loop = state([then]);
          loop.next.unshift(build(node.of, loop));
          next = loop;
        } else for (let n = node.least; n < node.most; n++) next = state([build(node.of, next), then]);
        for (let n = 0; n < node.least; n++) next = build(node.of, next);
        return next;
      }
    }
  };
  return build(root, last);
};

/** Parses a pattern. Throws `SyntaxError`, whose message is a rule for whoever wrote it. */
export const parseJobPattern = (source: string): JobPattern => {
  try {
    new RegExp(`^(?:${source})$`, 'u');
    new RegExp(source, 'u');
  } catch {
    problem('must be a regular expression (of JavaScript, with the flag u)');
  }
  const last: State = { next: [] };
  const first = compile(parse(source), last);
  /** All that is reached from some states without a character. */
  const close = (from: Iterable<State>, before: string, after: string): Set<State> => {
    const reached = new Set<State>();
    const open = [...from];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (reached.has(state)) continue;
      reached.add(state);
      if (state.node === undefined) open.push(...state.next);
      else if (state.node.kind === 'assertion' && state.node.holds(before, after)) open.push(...state.next);
    }
    return reached;
  };
  return {
    source,
    test: (text) => {
      const chars = [...text];
      let at = close([first], '', chars[0] ?? '');
      chars.forEach((each, index) => {
        const passed = [...at].flatMap(({ node, next }) => (node?.kind === 'char' && node.matches(each) ? next : []));
        at = close(passed, each, chars[index + 1] ?? '');
      });
      return at.has(last);
    },
  };
};
