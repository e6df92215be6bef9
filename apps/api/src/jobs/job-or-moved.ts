import { findJob, findJobsetRename, getJobset, type JobsetView } from '#read-model';
import { notFound } from '../http/problem.js';
import { nameParam, text } from '../http/text.js';
import type { Reader } from '../queries/reader.js';
import { below, jobPath } from '../ui/links.js';

/** What every route of a job takes. */
export const jobNames = { project: nameParam, jobset: nameParam, job: text(1000).min(1, 'must not be empty') };

/** A job that ever had a build. */
export type JobView = Readonly<{
  project: string;
  jobset: string;
  job: string;
  jobsetId: number;
  /** the jobset as a whole */
  of: JobsetView;
}>;

/** The job, or a redirection to where its jobset is now; `rest` follows its address there. Throws 404. */
export const jobOrMoved = async (
  reader: Reader,
  names: Readonly<{ project: string; jobset: string; job: string }>,
  rest: string,
): Promise<JobView | { status: number; redirect: string }> => {
  const { project, jobset, job } = names;
  const of = await reader.ask((db) => getJobset(db, project, jobset));
  if (!of) {
    const renamed = await reader.ask((db) => findJobsetRename(db, project, jobset));
    if (!renamed) throw notFound('such jobset', 'jobset');
    return { status: 301, redirect: below(jobPath(renamed.project, renamed.name, job), rest) };
  }
  const found = await reader.ask((db) => findJob(db, { jobsetId: of.id, job }));
  if (!found) throw notFound('such job', 'job');
  return { project: of.project, jobset: of.name, ...found, of };
};
