/** What a git input's value says: `URI [BRANCH|40-hex-rev] [deepClone] [key=value …]` (hydra-reference 1.4). */
export type GitValue = Readonly<{
  uri: string;
  branch?: string;
  /** A whole revision; then no branch. */
  rev?: string;
  /** Keep `.git` in the fetched tree. */
  deepClone: boolean;
  /** seconds, default 600 */
  timeout: number;
  fallbackBranch: string;
}>;

/** Reads a value. Throws, saying what is wrong with it. */
export function parseGitValue(value: string): GitValue {
  const words = value.trim().split(/\s+/);
  const uri = words.shift() ?? '';
  if (uri === '') throw new Error('a git input needs a URI');
  if (uri.startsWith('-') || uri.includes('::')) throw new Error(`not a git URI: '${uri}'`);
  const options = new Map<string, string>();
  const positional: string[] = [];
  for (const word of words) {
    const cut = word.indexOf('=');
    if (cut > 0) options.set(word.slice(0, cut), word.slice(cut + 1));
    else positional.push(word);
  }
  const [ref, deep, ...rest] = positional;
  if (rest.length > 0) throw new Error(`unexpected '${rest.join(' ')}'`);
  for (const key of options.keys())
    if (key !== 'timeout' && key !== 'fallback_branch') throw new Error(`unknown option '${key}'`);
  const timeout = Number(options.get('timeout') ?? 600);
  if (!Number.isInteger(timeout) || timeout < 1)
    throw new Error(`'timeout' must be whole seconds, not '${options.get('timeout')}'`);
  const fallbackBranch = branch(options.get('fallback_branch') ?? 'master');
  const where = ref === undefined ? {} : /^[0-9a-f]{40}$/.test(ref) ? { rev: ref } : { branch: branch(ref) };
  return { uri, ...where, deepClone: deep !== undefined, timeout, fallbackBranch };
}

/** A name that git takes as a branch (`git check-ref-format`), and nothing that it takes as an option or a refspec. */
function branch(name: string): string {
  // eslint-disable-next-line no-control-regex
  if (/^[-/.]|[\x00-\x20\x7f~^:?*[\\]|\.\.|\/\/|@\{|\.lock(\/|$)|[/.]$/.test(name) || name === '')
    throw new Error(`not a branch: '${name}'`);
  return name;
}
