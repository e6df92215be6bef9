import type { PropsWithChildren } from '@kitajs/html';
import type { PageContext } from '../http/page-context.js';
import { KeysHelp } from './keys.js';
import { dashboardPath, userPath } from './links.js';

export type Crumb = Readonly<{ href: string; text: string }>;

const OVERVIEW: Crumb = { href: '/', text: 'Overview' };
const NAV: readonly Crumb[] = [
  OVERVIEW,
  { href: '/queue', text: 'Queue' },
  { href: '/insights', text: 'Insights' },
  { href: '/scheduler', text: 'Scheduling' },
  { href: '/releases', text: 'Releases' },
  { href: '/buckets', text: 'Buckets' },
  { href: '/machines', text: 'Machines' },
  { href: '/search', text: 'Search' },
];

/** For who is signed in. */
const AUDIT: Crumb = { href: '/audit', text: 'Audit' };
/** For administrators. */
const ADMIN: Crumb = { href: '/admin', text: 'Admin' };

const navigationOf = ({ visitor: { user, roles } }: PageContext): readonly Crumb[] => [
  ...NAV,
  ...(user ? [{ href: dashboardPath(user.name), text: 'Dashboard' }, AUDIT] : []),
  ...(roles.includes('admin') ? [ADMIN] : []),
];

const Who = ({ page }: { page: PageContext }): JSX.Element =>
  page.visitor.user ? (
    <li>
      <form method="post" action="/logout" class="inline">
        <a href={userPath(page.visitor.user.name)} safe>
          {page.visitor.user.fullName || page.visitor.user.name}
        </a>{' '}
        <button type="submit" class="secondary outline small">
          Sign out
        </button>
      </form>
    </li>
  ) : (
    <li>
      <a href={page.signInPath}>Sign in</a>
    </li>
  );

/**
 * The frame of every page: skip link first, navigation, where we are, what this page says. `live`: its parts that are marked
 * `data-live` are renewed when the read model changes. `crumbs`: the way down from the overview; left out: the page stands beside it.
 */
export const Layout = ({
  page,
  title,
  crumbs,
  live = false,
  children,
}: PropsWithChildren<{ page: PageContext; title: string; crumbs?: readonly Crumb[]; live?: boolean }>): JSX.Element => (
  <html lang="en" data-changes={live ? page.changes : undefined}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title safe>{`${title} · Iolaus`}</title>
      <link rel="stylesheet" href="/assets/vendor/pico-2.1.1.min.css" />
      <link rel="stylesheet" href="/assets/app.css" />
      <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
      <script src="/assets/theme.js"></script>
      <script src="/assets/keys.js" defer></script>
      {live && <script src="/assets/live.js" defer></script>}
    </head>
    <body>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <nav class="container-fluid" aria-label="Main">
          <ul>
            <li>
              <a href="/" class="brand">
                <img src="/assets/icon.svg" alt="" width="24" height="24" /> Iolaus
              </a>
            </li>
            {navigationOf(page).map(({ href, text }) => (
              <li>
                <a href={href} aria-current={page.path.split('?')[0] === href ? 'page' : undefined} safe>
                  {text}
                </a>
              </li>
            ))}
          </ul>
          <ul>
            <li>
              <button type="button" class="secondary outline small" id="theme" hidden>
                Theme
              </button>
            </li>
            <Who page={page} />
          </ul>
        </nav>
      </header>
      <main id="main" class="container-fluid" tabindex="-1">
        {crumbs !== undefined && (
          <nav aria-label="Breadcrumb" class="crumbs">
            <ul>
              {[OVERVIEW, ...crumbs].map(({ href, text }) => (
                <li>
                  <a href={href} safe>
                    {text}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        )}
        {children}
      </main>
      <footer class="container-fluid">
        <small>
          Iolaus, a continuous build system for Nix. Every page is also JSON: ask with{' '}
          <code>Accept: application/json</code>. <a href="/system">State of the farm</a>{' '}
          <button type="button" class="link" id="keys-open" hidden>
            Keys
          </button>
        </small>
        <p role="status" id="live-status" class="visually-hidden"></p>
      </footer>
      <KeysHelp />
    </body>
  </html>
);

/** A part of a page that is fetched anew when the read model changes. */
export const Live = ({ id, children }: PropsWithChildren<{ id: string }>): JSX.Element => (
  <div id={id} data-live="">
    {children}
  </div>
);
