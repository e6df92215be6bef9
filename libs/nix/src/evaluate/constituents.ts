import { EvaluationError } from './evaluation-error.js';
import type { EvaluatedJob } from './jobs.js';

/** A shell glob as fnmatch(3) without flags reads it: `*` also passes dots, `[…]` is a set, `\` quotes. */
export function globToRegExp(glob: string): RegExp {
  let source = '';
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at]!;
    if (char === '*') source += '[\\s\\S]*';
    else if (char === '?') source += '[\\s\\S]';
    else if (char === '[') {
      const end = glob.indexOf(']', at + (/^\[[!^]?\]/.test(glob.slice(at)) ? (glob[at + 1] === ']' ? 2 : 3) : 1));
      if (end < 0) source += '\\[';
      else {
        const set = glob.slice(at + 1, end).replace(/^[!^]/, '');
        const negated = /^[!^]/.test(glob.slice(at + 1, end));
        source += `[${negated ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
        at = end;
      }
    } else {
      const literal = char === '\\' && at + 1 < glob.length ? glob[++at]! : char;
      source += literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
    }
  }
  return new RegExp(`^${source}$`);
}

/** The names of the jobs that an aggregate wants by name, and what is wrong with the names. */
function namedConstituents(
  job: EvaluatedJob,
  exists: (name: string) => boolean,
  names: readonly string[],
  errors: ReadonlyMap<string, string>,
): { found: string[]; problems: string[] } {
  const found = new Set<string>();
  const problems: string[] = [];
  for (const name of job.aggregate!.named) {
    if (exists(name)) found.add(name);
    else if (errors.has(name)) problems.push(`${name}: ${errors.get(name)}`);
    else if (job.aggregate!.globs) {
      const pattern = globToRegExp(name);
      const matches = names.filter((other) => other !== job.attr && pattern.test(other));
      for (const match of matches) found.add(match);
      if (matches.length === 0) problems.push(`${name}: constituent glob pattern had no matches`);
    } else problems.push(`${name}: does not exist`);
  }
  return { found: [...found].sort(), problems };
}

export type NamedConstituents = ReadonlyMap<string, readonly string[]>;

/**
 * Finds the named constituents of every aggregate, aggregates before those that contain them. `errors`: the jobs that did not
 * evaluate, with their messages. Throws an EvaluationError that names every missing constituent, or a cycle: a broken
 * aggregate breaks the whole evaluation (hydra-reference 4.6).
 */
export function resolveConstituents(
  jobs: readonly EvaluatedJob[],
  errors: ReadonlyMap<string, string>,
): NamedConstituents {
  const byName = new Map(jobs.map((job) => [job.attr, job]));
  const names = [...byName.keys()].sort();
  const wanted = new Map<string, string[]>();
  const problems: string[] = [];
  for (const job of jobs) {
    if (job.aggregate === null) continue;
    const named = namedConstituents(job, (name) => byName.has(name), names, errors);
    wanted.set(job.attr, named.found);
    problems.push(...named.problems.map((problem) => `in aggregate '${job.attr}': ${problem}`));
  }
  if (problems.length > 0) throw new EvaluationError('aggregate', problems.join('\n'));

  const ordered = new Map<string, string[]>();
  const visit = (name: string, above: readonly string[]): void => {
    const mine = wanted.get(name);
    if (mine === undefined || ordered.has(name)) return;
    if (above.includes(name))
      throw new EvaluationError('aggregate', `Dependency cycle: ${above[above.length - 1]} <-> ${name}`);
    for (const constituent of mine) visit(constituent, [...above, name]);
    ordered.set(name, mine);
  };
  for (const name of [...wanted.keys()].sort()) visit(name, []);
  return ordered;
}
