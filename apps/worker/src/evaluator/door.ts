import { z } from 'zod';
import type { AnswerHandler } from '#coordination';
import { clearClones, CLONED, type NixSettings, REVISION, scmDiff } from '#nix';

/** The name that the leading evaluator answers by. */
export const EVALUATOR = 'evaluator';

const revision = z.string().regex(REVISION);
const question = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('scm-diff'), type: z.enum(CLONED), uri: z.string(), rev1: revision, rev2: revision }),
  z.object({ kind: z.literal('clear-clones'), dryRun: z.boolean() }),
]);

/** Differences that are looked for at once: the evaluator has other work. */
const MOST_DIFFS = 2;

/** What answers are made from: Nix, the folder of what was fetched, and the end of it all. */
export type DoorParts = Readonly<{ nix: NixSettings; cacheDir: string; signal: AbortSignal }>;

/**
 * Answers from the cache of fetched repositories, which is where the evaluator is: `scm-diff`, what happened between two revisions
 * (`ScmDiff`, or `{busy: true}`), and `clear-clones` (`ClearedClones`). Throws on what is no such question.
 */
export const answerOf = ({ nix, cacheDir, signal }: DoorParts): AnswerHandler => {
  let diffs = 0;
  return async (asked) => {
    const wanted = question.parse(asked);
    if (wanted.kind === 'clear-clones') return clearClones(cacheDir, nix.env, wanted);
    if (diffs >= MOST_DIFFS) return { busy: true };
    diffs += 1;
    try {
      const { type: kind, uri, rev1, rev2 } = wanted;
      return await scmDiff(nix, cacheDir, { kind, uri, rev1, rev2 }, signal);
    } finally {
      diffs -= 1;
    }
  };
};
