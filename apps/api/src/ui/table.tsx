import type { PropsWithChildren } from '@kitajs/html';

/** A table with its caption and column heads; `heads` may hold an empty one for a column of buttons. */
export const Table = ({
  caption,
  heads,
  hideCaption = false,
  children,
}: PropsWithChildren<{ caption: string; heads: readonly string[]; hideCaption?: boolean }>): JSX.Element => (
  <div class="scroll" tabindex="0" role="region" aria-label={caption}>
    <table class="striped">
      <caption class={hideCaption ? 'visually-hidden' : ''} safe>
        {caption}
      </caption>
      <thead>
        <tr>
          {heads.map((head) => (
            <th scope="col" safe>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

/** The head of a row about an hour (its begin, Unix milliseconds; UTC). */
export const Hour = ({ ms }: { ms: number }): JSX.Element => (
  <th scope="row">
    <time datetime={new Date(ms).toISOString()} safe>
      {`${clock(ms)} to ${clock(ms + 3_600_000)}`}
    </time>
  </th>
);

/** Newer and older pages of a list. */
export const Pagination = ({
  path,
  page,
  pages,
}: {
  /** of the list; it may have a query already */
  path: string;
  page: number;
  /** number of the last page */
  pages: number;
}): JSX.Element => {
  if (pages <= 1) return '';
  const more = `${path}${path.includes('?') ? '&' : '?'}page=`;
  return (
    <nav aria-label="Pages" class="pages">
      {page > 1 ? (
        <a href={`${more}${page - 1}`} rel="prev">
          ← Newer
        </a>
      ) : (
        <span class="muted">← Newer</span>
      )}
      <span safe>{`Page ${page} of ${pages}`}</span>
      {page < pages ? (
        <a href={`${more}${page + 1}`} rel="next">
          Older →
        </a>
      ) : (
        <span class="muted">Older →</span>
      )}
    </nav>
  );
};

/** Of a list that goes on by a cursor: back to its begin, and what is older. */
export const OlderOnly = ({
  path,
  next,
  first,
}: {
  path: string;
  /** `before` of the page after this one, null on the last */
  next: string | number | null;
  /** this is the first page */
  first: boolean;
}): JSX.Element => {
  if (first && next === null) return '';
  return (
    <nav aria-label="Pages" class="pages">
      {first ? <span class="muted">← Newest</span> : <a href={path}>← Newest</a>}
      {next === null ? (
        <span class="muted">Older →</span>
      ) : (
        <a href={`${path}?before=${next}`} rel="next">
          Older →
        </a>
      )}
    </nav>
  );
};

/** How the builds of something stand, as a bar and as words: the bar alone says nothing to a reader. */
export const ProgressBar = ({
  succeeded,
  failed,
  total,
  wide = false,
}: {
  succeeded: number;
  failed: number;
  total: number;
  /** as wide as the page: what it is about is the page's own */
  wide?: boolean;
}): JSX.Element => {
  // Three zeros look like something that went wrong.
  if (total === 0) return <span class="muted">no jobs yet</span>;
  const waiting = Math.max(0, total - succeeded - failed);
  const label = `${succeeded} succeeded, ${failed} failed, ${waiting} waiting`;
  const width = (count: number): string => ((count / total) * 100).toFixed(2);
  return (
    <span class={wide ? 'bar wide' : 'bar'} title={label}>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={label}>
        <rect class="bar-idle" x="0" y="0" width="100" height="8" />
        <rect class="bar-good" x="0" y="0" width={width(succeeded)} height="8" />
        <rect class="bar-bad" x={width(succeeded)} y="0" width={width(failed)} height="8" />
      </svg>
      <span class="counts" aria-hidden="true">
        <span class="status good" safe>{`✓ ${succeeded}`}</span> <span class="status bad" safe>{`✗ ${failed}`}</span>{' '}
        <span class="status idle" safe>{`… ${waiting}`}</span>
      </span>
    </span>
  );
};

/** Facts about something, as a list of terms. */
export const Facts = ({ children }: PropsWithChildren): JSX.Element => <dl class="facts">{children}</dl>;

/** `wide`: in a row of its own, for what takes sentences. */
export const Fact = (props: PropsWithChildren<{ term: string; wide?: boolean }>): JSX.Element => {
  const { term, wide = false, children } = props;
  return (
    <div class={wide ? 'wide' : undefined}>
      <dt safe>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
};
