import { type BuildScope, type BuildView, finishedBuilds, type WholeFarm } from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { idParam } from '../http/text.js';
import type { Reader } from '../queries/reader.js';
import { BuildTable } from '../ui/build-table.js';
import { OlderOnly } from '../ui/table.js';

/** What a list of builds takes: `before`, the id that it begins below. */
export const listQuery = { before: idParam.optional() };

/** Builds of one page. */
const PER_PAGE = 50;

/** One page of finished builds, newest first. */
export type BuildList = Readonly<{
  builds: readonly BuildView[];
  /** the id that it begins below; undefined: it begins with the newest */
  before: number | undefined;
  /** there are older ones, which begin below this id */
  next: number | undefined;
}>;

/** The page of finished builds that begins below an id. */
export const readBuildList = async (
  reader: Reader,
  scope: BuildScope | WholeFarm,
  before: number | undefined,
  perPage: number = PER_PAGE,
): Promise<BuildList> => {
  const bounds = { limit: perPage + 1, ...(before === undefined ? {} : { before }) };
  // One more than is shown tells whether more follow.
  const found = await reader.ask((db) => finishedBuilds(db, scope, bounds));
  const builds = found.slice(0, perPage);
  return { builds, before, next: found.length > perPage ? builds.at(-1)!.id : undefined };
};

/** Hydra's array; where the next page is, the header `Link` says (RFC 8288). `path`: of the list. */
export const buildListAnswer = (path: string, { builds, next }: BuildList, html: Answer['html']): Answer => ({
  ...(next === undefined ? {} : { headers: { link: `<${path}?before=${next}>; rel="next"` } }),
  json: () => builds.map(buildJson),
  ...(html ? { html } : {}),
});

/** A page of finished builds with the ways to the newest and to older ones. */
export const FinishedBuilds = (props: {
  path: string;
  list: BuildList;
  now: number;
  withJobset?: boolean;
  withJob?: boolean;
}): JSX.Element => {
  const { path, list, now, withJobset = false, withJob = true } = props;
  const { builds, before, next } = list;
  return (
    <>
      {builds.length === 0 ? (
        <p>{before === undefined ? 'No build is finished yet.' : 'There are no older builds.'}</p>
      ) : (
        <BuildTable caption="Finished builds, newest first" {...{ builds, now, withJobset, withJob }} />
      )}
      <OlderOnly path={path} next={next ?? null} first={before === undefined} />
    </>
  );
};
