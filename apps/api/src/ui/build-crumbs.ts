import type { BuildView } from '#read-model';
import type { Crumb } from './layout.js';
import { jobPath, jobsetPath, projectPath } from './links.js';

/** Where a build stands: overview, project, jobset, job. */
export const buildCrumbs = ({ project, jobset, job }: Pick<BuildView, 'project' | 'jobset' | 'job'>): Crumb[] => [
  { href: '/', text: 'Overview' },
  { href: projectPath(project), text: project },
  { href: jobsetPath(project, jobset), text: jobset },
  { href: jobPath(project, jobset, job), text: job },
];
