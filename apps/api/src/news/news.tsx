import { Time } from '../ui/time.js';
import type { Notice } from './noticeboard.js';

/** One piece of news: plain text, its line breaks kept. */
export const NewsItem = ({ notice, now }: { notice: Notice; now: number }): JSX.Element => (
  <>
    <p class="news" safe>
      {notice.contents}
    </p>
    <p class="muted">
      <Time ms={notice.createdAtMs} now={now} />
      {notice.author !== null && <span safe>{` by ${notice.author}`}</span>}
    </p>
  </>
);

/** What the farm's people are told, on the overview. */
export const News = ({ news, now }: { news: readonly Notice[]; now: number }): JSX.Element =>
  news.length === 0 ? (
    ''
  ) : (
    <section aria-labelledby="news">
      <h2 id="news">News</h2>
      {news.map((notice) => (
        <article>
          <NewsItem notice={notice} now={now} />
        </article>
      ))}
    </section>
  );
