import { z } from 'zod';

/** Where a repository lives: `github.com/nixos/nixpkgs`, in lower case, without user, port, `.git` and what follows the name. */
export type Place = string;

const address = z.string().max(2000).optional();
/** The part of a push that says of what; forges send much more. */
export const pushSchema = z.looseObject({
  repository: z.looseObject(
    {
      name: z.string().max(255).optional(),
      full_name: z.string().max(512).optional(),
      owner: z.looseObject({ name: z.string().max(255).nullish(), login: z.string().max(255).nullish() }).optional(),
      clone_url: address,
      ssh_url: address,
      html_url: address,
    },
    'must be an object',
  ),
});
/** A push, as far as it is read. */
export type Push = z.output<typeof pushSchema>;

/** `git@host:path`, as ssh takes it: no scheme, and a colon before any slash. */
const SCP = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)(.+)$/;
/** Schemes that a flake reference or a git input may have. */
const SCHEMES = /^(?:git|hg|tarball|file)\+/;

const place = (host: string, path: string): Place =>
  `${host}/${path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')}`.toLowerCase();

const placeOfUrl = (text: string): Place | undefined => {
  const url = text.replace(SCHEMES, '');
  if (!/^[a-z][a-z0-9.-]*:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url);
  return hostname === '' || pathname.length < 2 ? undefined : place(hostname, pathname);
};

/** `github:owner/repo[/ref]`, `gitlab:` alike; `?host=` names another server than the public one. */
const FLAKE = /^(github|gitlab|sourcehut):([^/?\s]+)\/([^/?\s]+)[^?\s]*(\?\S*)?$/;
const HOSTS: Readonly<Record<string, string>> = { github: 'github.com', gitlab: 'gitlab.com', sourcehut: 'git.sr.ht' };

/** Where a flake reference or the value of an input points, if it names a repository on a server. */
export const placeOf = (value: string): Place | undefined => {
  const [first = ''] = value.trim().split(/\s+/);
  const flake = FLAKE.exec(first);
  if (flake) {
    const [, kind = '', owner = '', name = '', query = ''] = flake;
    return place(new URLSearchParams(query).get('host') ?? HOSTS[kind]!, `${owner}/${name}`);
  }
  const scp = first.includes('://') ? undefined : SCP.exec(first);
  return scp ? place(scp[1]!, scp[2]!) : placeOfUrl(first);
};

/**
 * The places of the repository that was pushed to: by each address that the forge gives for it; of GitHub, which may give none,
 * by owner and name.
 */
export const pushedTo = ({ repository }: Push, forge: 'github' | 'gitea'): ReadonlySet<Place> => {
  const { clone_url, ssh_url, html_url, full_name, owner, name } = repository;
  const places = [clone_url, ssh_url, html_url].flatMap((url) => (url === undefined ? [] : (placeOf(url) ?? [])));
  const user = owner?.login ?? owner?.name;
  const path = full_name ?? (user && name ? `${user}/${name}` : undefined);
  if (places.length === 0 && forge === 'github' && path !== undefined) places.push(place('github.com', path));
  return new Set(places);
};

/** Whether a value points at one of the places, or at something in it such as an archive of a branch. */
export const pointsAt = (value: string, places: ReadonlySet<Place>): boolean => {
  const at = placeOf(value);
  return at !== undefined && [...places].some((one) => at === one || at.startsWith(`${one}/`));
};
