import type { BuildView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { formatBytes } from '../ui/bytes.js';
import { Layout } from '../ui/layout.js';
import { buildPath, jobPath, jobsetPath, projectPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import type { Logged } from './log-finder.js';

/** A log: what is there is in the page; what comes is added by log.js. Without script a reload shows more. */
export const LogPage = (props: {
  page: PageContext;
  build: BuildView;
  step: Logged;
  path: string;
  text: string;
  /** first byte of `text` in the log */
  from: number;
  /** byte after its last */
  to: number;
}): JSX.Element => {
  const { page, build, step, path, text, from, to } = props;
  const live = step.status === null;
  return (
    <Layout
      page={page}
      title={`Log of build ${build.id}`}
      crumbs={[
        { href: projectPath(build.project), text: build.project },
        { href: jobsetPath(build.project, build.jobset), text: build.jobset },
        { href: jobPath(build.project, build.jobset, build.job), text: build.job },
        { href: buildPath(build.id), text: `build #${build.id}` },
      ]}
    >
      <h1 safe>{`Log of build #${build.id}`}</h1>
      <p>
        <StatusBadge status={step.status ?? 'running'} /> <code safe>{step.drvPath}</code>
        <span
          class="muted"
          safe
        >{` attempt ${step.attempt ?? 1}${step.machine === '' ? '' : ` on ${step.machine}`}`}</span>
      </p>
      <div class="actions">
        <a href={`${path}/raw`}>Raw</a>
        <a href={`${path}/tail`}>Last 50 lines</a>
        <label>
          <input type="checkbox" id="follow" checked={live} /> Follow
        </label>
        <span role="status" id="log-status" class="muted">
          {live ? 'The log is being written.' : 'The log is complete.'}
        </span>
      </div>
      {from > 0 && <p safe>{`The first ${formatBytes(from)} are left out here; the raw log has them.`}</p>}
      <pre
        class="log"
        id="log"
        tabindex="0"
        aria-label="Log"
        data-stream={live ? `${path}/live?from=${to}` : undefined}
        safe
      >
        {text}
      </pre>
      <script src="/assets/log.js" defer></script>
    </Layout>
  );
};
