import type { BuildView } from '#read-model';
import type { Answer } from '../http/answer.js';
import { notFound } from '../http/problem.js';
import { belowBuild } from '../ui/links.js';

/** Redirects to a build, or to what belongs to it: `latest/download/1`. Throws 404 where there is none; `of`: where it was looked for. */
export const toBuild = (build: BuildView | undefined, of: string, rest = ''): Answer => {
  if (!build) throw notFound(`such build of this ${of}`);
  return { redirect: belowBuild(build.id, rest) };
};
