/** Where a forge shows what lies between two commits of a repository. */
const COMPARE: Readonly<Record<string, (repository: string, from: string, to: string) => string>> = {
  'github.com': (repository, from, to) => `https://github.com/${repository}/compare/${from}...${to}`,
  'gitlab.com': (repository, from, to) => `https://gitlab.com/${repository}/-/compare/${from}...${to}`,
  'codeberg.org': (repository, from, to) => `https://codeberg.org/${repository}/compare/${from}...${to}`,
};

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
/** Owner and name, on GitLab groups between them: letters that need no encoding. */
const REPOSITORY = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)+$/;

/**
 * The page that compares two commits, where the repository is one of a forge that is known, by an https URL; undefined
 * otherwise. It is put together anew from host and path: what else an address may hold (a password) does not come along.
 */
export const compareUrl = (uri: string, from: string, to: string): string | undefined => {
  if (!COMMIT.test(from) || !COMMIT.test(to) || !URL.canParse(uri)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(uri);
  if (protocol !== 'https:' || port !== '' || !Object.hasOwn(COMPARE, hostname)) return undefined;
  const repository = pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  if (!REPOSITORY.test(repository)) return undefined;
  if (hostname !== 'gitlab.com' && repository.split('/').length !== 2) return undefined;
  return COMPARE[hostname]!(repository, from, to);
};

/** Repository and commit of a locked flake: `git+https://…?rev=…`, or `github:OWNER/NAME/COMMIT` and its like. */
export const flakeCommit = (flake: string): Readonly<{ uri: string; revision: string }> | undefined => {
  const [, scheme, repository, commit] = /^(github|gitlab):([^/?]+\/[^/?]+)\/([0-9a-f]+)(?:\?|$)/.exec(flake) ?? [];
  if (repository !== undefined && commit !== undefined)
    return { uri: `https://${scheme}.com/${repository.replace(/%2f/gi, '/')}`, revision: commit };
  if (!flake.startsWith('git+https://') || !URL.canParse(flake.slice(4))) return undefined;
  const url = new URL(flake.slice(4));
  const revision = url.searchParams.get('rev');
  return revision === null ? undefined : { uri: `${url.origin}${url.pathname}`, revision };
};
