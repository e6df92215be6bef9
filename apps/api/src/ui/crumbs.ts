import type { Crumb } from './layout.js';
import { buildPath, jobPath, jobsetPath, projectPath } from './links.js';

/** A project, a jobset of it, or a job of that. */
type Place = Readonly<{ project: string; jobset?: string | undefined; job?: string | undefined }>;

/** The way down to a place, itself included. */
export const crumbsTo = ({ project, jobset, job }: Place): Crumb[] => [
  { href: projectPath(project), text: project },
  ...(jobset === undefined ? [] : [{ href: jobsetPath(project, jobset), text: jobset }]),
  ...(jobset === undefined || job === undefined ? [] : [{ href: jobPath(project, jobset, job), text: job }]),
];

/** The way down to a build, for what lies below it. */
export const crumbsToBuild = (build: Required<Place> & Readonly<{ id: number }>): Crumb[] => [
  ...crumbsTo(build),
  { href: buildPath(build.id), text: `build #${build.id}` },
];
