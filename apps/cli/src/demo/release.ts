import { z } from 'zod';
import type { ApiClient } from './client.js';

const evaluations = z.looseObject({ evals: z.array(z.looseObject({ id: z.number() })) });

const build = z.looseObject({
  id: z.number(),
  job: z.string(),
  nixname: z.string(),
  finished: z.union([z.literal(0), z.literal(1)]),
  buildstatus: z.number().nullable(),
  starttime: z.number().nullable(),
  stoptime: z.number().nullable(),
});
/** One build as `GET /eval/ID/builds` gives it. */
export type DemoBuild = z.infer<typeof build>;

const evaluation = z.looseObject({ builds: z.array(z.number()) });
const jobset = z.looseObject({ errormsg: z.string().nullish(), fetcherrormsg: z.string().nullish() });

/** Words for Hydra's status codes, as people read them. */
export const STATUS_WORDS: Readonly<Record<number, string>> = {
  0: '✓ succeeded',
  1: '✗ failed',
  2: '↯ dependency failed',
  3: '! aborted',
  4: '⊘ cancelled',
  6: '✗ failed with output',
  7: '⏱ timed out',
  9: '! unsupported',
  10: '! log limit exceeded',
  11: '! output limit exceeded',
  12: '! not deterministic',
};

/** How far the release is: null until the evaluation is whole. */
export type ReleaseProgress = Readonly<{
  evaluationId: number;
  /** builds that the evaluation has; they are queued a moment after it is whole */
  wanted: number;
  builds: readonly DemoBuild[];
}> | null;

/** Reads the jobset's newest evaluation and its builds. Throws when the evaluation itself failed. */
export const readRelease = async (api: ApiClient, project: string, name: string): Promise<ReleaseProgress> => {
  const { evals } = await api.get(`/jobset/${project}/${name}/evals`, evaluations);
  const newest = evals[0];
  if (newest) {
    const { builds: wanted } = await api.get(`/eval/${newest.id}`, evaluation);
    const builds = await api.get(`/eval/${newest.id}/builds`, z.array(build));
    return { evaluationId: newest.id, wanted: wanted.length, builds };
  }
  const { errormsg, fetcherrormsg } = await api.get(`/jobset/${project}/${name}`, jobset);
  if (errormsg || fetcherrormsg) throw new Error(`the evaluation failed: ${fetcherrormsg || errormsg}`);
  return null;
};

/** How many of the evaluation's builds have come to their end. */
export const finishedBuilds = (progress: ReleaseProgress): number =>
  progress?.builds.filter(({ finished }) => finished === 1).length ?? 0;

/** True once every build of the evaluation has come to its end. */
export const isComplete = (progress: ReleaseProgress): boolean =>
  progress !== null && progress.wanted > 0 && finishedBuilds(progress) === progress.wanted;
