import { findProjectDeletion, findProjectRename, getProject, type ProjectView } from '#read-model';
import { notThere } from '../http/problem.js';
import type { Reader } from '../queries/reader.js';
import { projectPath } from '../ui/links.js';

/** The project, or a redirection to where it is now; `rest` follows its address there. Throws 404, which says so where it was deleted. */
export const projectOrMoved = async (
  reader: Reader,
  name: string,
  rest: string,
): Promise<ProjectView | { status: number; redirect: string }> => {
  const found = await reader.ask((db) => getProject(db, name));
  if (found) return found;
  const renamed = await reader.ask((db) => findProjectRename(db, name));
  if (renamed === undefined)
    throw notThere('such project', 'project', await reader.ask((db) => findProjectDeletion(db, name)));
  return { status: 301, redirect: `${projectPath(renamed)}${rest}` };
};
