import { findProjectRename, getProject, type ProjectView } from '#read-model';
import { notFound } from '../http/problem.js';
import type { Reader } from '../queries/reader.js';
import { projectPath } from '../ui/links.js';

/** The project, or a redirection to where it is now; `rest` follows its address there. Throws 404. */
export const projectOrMoved = async (
  reader: Reader,
  name: string,
  rest: string,
): Promise<ProjectView | { status: number; redirect: string }> => {
  const found = await reader.ask((db) => getProject(db, name));
  if (found) return found;
  const renamed = await reader.ask((db) => findProjectRename(db, name));
  if (renamed === undefined) throw notFound('such project', 'project');
  return { status: 301, redirect: `${projectPath(renamed)}${rest}` };
};
