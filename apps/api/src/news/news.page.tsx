import type { PageContext } from '../http/page-context.js';
import { FormFields } from '../ui/form-fields.js';
import { Layout } from '../ui/layout.js';
import { NewsItem } from './news.js';
import { postForm } from './news-forms.js';
import type { Notice } from './noticeboard.js';

/** What whoever keeps the news does: post, and take down. */
export const NewsPage = ({ page, news }: { page: PageContext; news: readonly Notice[] }): JSX.Element => (
  <Layout page={page} title="News" crumbs={[{ href: '/admin', text: 'Administration' }]}>
    <h1>News</h1>
    <form method="post" action="/admin/news/submit">
      <FormFields fields={postForm(page).fields} />
      <button type="submit">Post</button>
    </form>
    {news.length === 0 && <p>There is no news.</p>}
    {news.map((notice) => (
      <article>
        <NewsItem notice={notice} now={page.now} />
        <details>
          <summary>Take down…</summary>
          <form method="post" class="narrow" action={`/admin/news/delete/${notice.id}`}>
            <p class="muted">Gone for good: the log does not hold the text.</p>
            <label>
              Reason
              <input type="text" name="reason" required maxlength="1000" />
            </label>
            <button type="submit" class="secondary" aria-label={`Take down news ${notice.id}`}>
              Take down
            </button>
          </form>
        </details>
      </article>
    ))}
  </Layout>
);
