import type { Visitor } from '../http/incoming.js';
import type { ApiDependencies } from '../tokens.js';

/** Whether the viewer starred a job; undefined: nobody is signed in. */
export const isStarred = async (
  { accounts }: ApiDependencies,
  { user }: Visitor,
  { jobsetId, job }: Readonly<{ jobsetId: number; job: string }>,
): Promise<boolean | undefined> =>
  user && (await accounts.listStars(user.id)).some((star) => star.jobsetId === jobsetId && star.job === job);
