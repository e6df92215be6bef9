import { findJob, type JobsetView } from '#read-model';
import { notFound } from '../http/problem.js';
import { nameParam, text } from '../http/text.js';
import { jobsetOrMoved } from '../jobsets/jobset-or-moved.js';
import type { Reader } from '../queries/reader.js';
import { jobPath } from '../ui/links.js';

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
  const { job } = names;
  const of = await jobsetOrMoved(reader, names, rest, (project, jobset) => jobPath(project, jobset, job));
  if ('redirect' in of) return of;
  const found = await reader.ask((db) => findJob(db, { jobsetId: of.id, job }));
  if (!found) throw notFound('such job', 'job');
  return { project: of.project, jobset: of.name, ...found, of };
};
