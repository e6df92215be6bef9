import type { BuildView } from '#read-model';
import { BuildTabs } from '../builds/build-tabs.js';
import type { PageContext } from '../http/page-context.js';
import { stepPath } from '../steps/step.json.js';
import { crumbsToBuild } from '../ui/crumbs.js';
import { formatBytes, plural } from '../ui/bytes.js';
import { standing } from '../ui/build-table.js';
import { Layout } from '../ui/layout.js';
import { StatusBadge } from '../ui/status.js';
import { ERROR_PATTERN } from './first-error.js';
import type { Logged } from './log-finder.js';
import type { LogWindow, WindowOptions } from './log-window.js';

const Line = ({ nr, text, isFirstError }: { nr: number; text: string; isFirstError: boolean }): JSX.Element => (
  <span class={isFirstError ? 'line first-error' : 'line'}>
    <a
      id={`L${nr}`}
      href={`#L${nr}`}
      data-nr={String(nr)}
      tabindex="-1"
      aria-label={isFirstError ? `Line ${nr}, first error` : `Line ${nr}`}
    ></a>
    <span safe>{text}</span>
  </span>
);

/** Where a line is shown: on this page, or on one with what stands around it. */
const lineLink = (path: string, nr: number, here: boolean): string => (here ? `#L${nr}` : `${path}?line=${nr}#L${nr}`);

const Found = ({
  path,
  search,
  found,
  isHere,
}: {
  path: string;
  search: string;
  found: NonNullable<LogWindow['found']>;
  isHere: (nr: number) => boolean;
}): JSX.Element => (
  <section aria-label="Lines that were found">
    <p role="status" safe>
      {found.matches.length === 0
        ? `No line holds “${search}”.`
        : `${plural(found.matches.length, 'line')}${found.moreMatches ? ' and more' : ''} with “${search}”:`}
    </p>
    {found.matches.length > 0 && (
      <ol class="found" tabindex="0" aria-label="Lines that were found">
        {found.matches.map(({ nr, text }) => (
          <li>
            <a href={lineLink(path, nr, isHere(nr))} safe>{`Line ${nr}`}</a> <code safe>{text}</code>
          </li>
        ))}
      </ol>
    )}
  </section>
);

const Tools = ({
  path,
  asked,
  window,
  live,
  state,
  isHere,
}: {
  path: string;
  asked: WindowOptions;
  window: LogWindow;
  live: boolean;
  state: string;
  isHere: (nr: number) => boolean;
}): JSX.Element => {
  const { firstError } = window;
  return (
    <div class="actions" id="log-tools">
      <a
        id="first-error"
        class="status bad"
        href={firstError ? lineLink(path, firstError.nr, isHere(firstError.nr)) : '#log'}
        hidden={firstError === null}
        safe
      >
        {`✗ First error: line ${firstError?.nr ?? ''}`}
      </a>
      <a href={`${path}/raw`}>Raw</a>
      <a href={`${path}/tail`}>Last 50 lines</a>
      <form method="get" action={path} aria-label="Search">
        <input
          type="text"
          name="search"
          aria-label="Search in the whole log"
          placeholder="Search in the log"
          maxlength="200"
          required
          value={asked.search ?? ''}
        />
        <button type="submit" class="secondary outline">
          Search
        </button>
      </form>
      <form method="get" action={path}>
        <input
          type="text"
          name="line"
          class="number"
          aria-label="Line to go to"
          placeholder="Line"
          inputmode="numeric"
          pattern="[1-9][0-9]{0,8}"
          required
          value={asked.line === undefined ? '' : String(asked.line)}
        />
        <button type="submit" class="secondary outline">
          Go
        </button>
      </form>
      <label>
        <input type="checkbox" id="follow" checked={live} /> Follow
      </label>
      <span role="status" id="log-status" class="muted" safe>
        {state}
      </span>
    </div>
  );
};

/** What is to be known of a log as a whole. */
const stateOf = (step: Logged, size: number): string => {
  if (step.status === null) return 'The log is being written.';
  if (size > 0) return 'The log is complete.';
  return (step.log?.bytes ?? 0) > 0 ? 'The log is not here any more.' : 'Nothing was written to the log.';
};

/**
 * A log, line by line, each at an address of its own: what is there is in the page; what comes is added by log.js. Without script
 * a reload shows more.
 */
export const LogPage = (props: {
  page: PageContext;
  build: BuildView;
  step: Logged;
  path: string;
  asked: WindowOptions;
  window: LogWindow;
}): JSX.Element => {
  const { page, build, step, path, asked, window } = props;
  const { text, from, to, size, firstError, found } = window;
  const isNewest = to === size;
  const live = step.status === null && isNewest;
  const lines = text.split(/(?<=\n)/).filter((line) => line !== '');
  const last = window.line + lines.length - 1;
  const isHere = (nr: number): boolean => nr >= window.line && nr <= last;
  return (
    <Layout page={page} title={`Log of build ${build.id}`} crumbs={crumbsToBuild(build)}>
      <h1 safe>{`Log of build #${build.id}`}</h1>
      <BuildTabs build={build} current="log" />
      <p id="log-state">
        <StatusBadge status={step.status ?? 'running'} />{' '}
        <a
          href={stepPath(step)}
          safe
        >{`step ${step.nr}${step.buildId === build.id ? '' : ` of build #${step.buildId}`}`}</a>{' '}
        <code safe>{step.drvPath}</code>
        <span
          class="muted"
          safe
        >{` attempt ${step.attempt ?? 1}${step.machine === '' ? '' : ` on ${step.machine}`}`}</span>
      </p>
      <Tools path={path} asked={asked} window={window} live={live} state={stateOf(step, size)} isHere={isHere} />
      {found !== undefined && <Found path={path} search={asked.search ?? ''} found={found} isHere={isHere} />}
      {from > 0 && (
        <p>
          <span
            safe
          >{`Lines ${window.line} to ${last}; the ${formatBytes(from)} before them are left out here. `}</span>
          <a href={`${path}?line=1#L1`}>First lines</a>
        </p>
      )}
      <pre
        class="log lines"
        id="log"
        tabindex="0"
        role="region"
        aria-label="Log"
        data-stream={live ? `${path}/live?from=${to}` : undefined}
        data-error={live && firstError === null ? ERROR_PATTERN : undefined}
        data-line={asked.line === undefined ? undefined : String(asked.line)}
      >
        {lines.map((line, index) => (
          <Line nr={window.line + index} text={line} isFirstError={firstError?.nr === window.line + index} />
        ))}
      </pre>
      {!isNewest && (
        <p>
          <span safe>{`${formatBytes(size - to)} after them are left out here. `}</span>
          <a href={path}>Last lines</a>
        </p>
      )}
      <script src="/assets/log.js" type="module"></script>
    </Layout>
  );
};

/** Of a build of which nothing was started: that there is no log, and why, among the other parts of the build. */
export const NoLogPage = ({ page, build }: { page: PageContext; build: BuildView }): JSX.Element => (
  <Layout page={page} title={`Log of build ${build.id}`} crumbs={crumbsToBuild(build)}>
    <h1 safe>{`Log of build #${build.id}`}</h1>
    <BuildTabs build={build} current="log" />
    <p>
      <StatusBadge status={standing(build)} />{' '}
      {build.status === null
        ? 'There is no log yet: it begins with the first step.'
        : 'There is no log: no step of it was started.'}
    </p>
  </Layout>
);
