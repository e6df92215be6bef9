import type { BuildView } from '#read-model';
import { standing } from '../ui/build-table.js';
import { buildPath } from '../ui/links.js';
import { StatusLink, statusWord } from '../ui/status.js';
import { relative } from '../ui/time.js';

/** Builds as a row of glyphs, newest first, each a link that says what it stands for. `since`: the first of the present state. */
export const HistoryStrip = (props: {
  builds: readonly BuildView[];
  since: number | undefined;
  now: number;
}): JSX.Element => {
  const { builds, since, now } = props;
  const caption = builds.length === 1 ? 'History: its only build' : `History: ${builds.length} builds, newest first`;
  return (
    <section class="history">
      <h2 id="history" safe>
        {caption}
      </h2>
      <ol class="strip" aria-labelledby="history">
        {builds.map((build) => {
          const status = standing(build);
          const when = relative(build.stoppedAtMs ?? build.queuedAtMs, now);
          const turn = build.id === since;
          const label = `#${build.id} ${statusWord(status)}, ${when}${turn ? ', the first so' : ''}`;
          return (
            <li>
              <StatusLink href={buildPath(build.id)} status={status} label={label} {...(turn && { mark: 'turn' })} />
            </li>
          );
        })}
      </ol>
    </section>
  );
};
