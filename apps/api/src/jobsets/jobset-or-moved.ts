import { findJobsetDeletion, findJobsetRename, getJobset, type JobsetView } from '#read-model';
import { notThere } from '../http/problem.js';
import type { Reader } from '../queries/reader.js';
import { jobsetPath } from '../ui/links.js';

/** The jobset, or a redirection to where it is now; `rest` follows its address there, or that of `path`. Throws 404, which says so where it was deleted. */
export const jobsetOrMoved = async (
  reader: Reader,
  { project, jobset }: { project: string; jobset: string },
  rest: string,
  path: (project: string, jobset: string) => string = jobsetPath,
): Promise<JobsetView | { status: number; redirect: string }> => {
  const found = await reader.ask((db) => getJobset(db, project, jobset));
  if (found) return found;
  const renamed = await reader.ask((db) => findJobsetRename(db, project, jobset));
  if (!renamed)
    throw notThere('such jobset', 'jobset', await reader.ask((db) => findJobsetDeletion(db, project, jobset)));
  return { status: 301, redirect: `${path(renamed.project, renamed.name)}${rest}` };
};
