import type { ResolvedInput } from '#domain';
import { type Queryable, rows } from '../rows.js';
import { EVALUATION, type EvaluationView } from './view.js';

/** A commit in full: SHA-1 of Git and Mercurial, SHA-256 of Git. */
const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
/** The same within a locked flake reference, beside a hash in base 64. */
const LOCKED = /(?<![0-9A-Za-z])([0-9a-f]{64}|[0-9a-f]{40})(?![0-9A-Za-z])/g;

/** Commits that an evaluation was made of: of its inputs, or of its flake. What a path was at a time is none. */
export const commitsOf = (made: Readonly<{ inputs: readonly ResolvedInput[]; flake?: string }>): readonly string[] => [
  ...new Set([
    ...made.inputs.flatMap(({ revision }) => (revision !== undefined && COMMIT.test(revision) ? [revision] : [])),
    ...(made.flake?.match(LOCKED) ?? []),
  ]),
];

/** In how many jobsets a commit is looked for. */
const JOBSETS = 1000;

/** An evaluation, and the commit by which it was found. */
export type EvaluationOfCommit = EvaluationView & Readonly<{ commit: string }>;

/**
 * Evaluations of visible jobsets that were made of a commit which begins with these hex digits, newest first. From one jobset to the
 * next by the index: a commit of Nixpkgs may be an input of every evaluation of a year.
 */
export const evaluationsOfCommit = (db: Queryable, prefix: string, limit: number): Promise<EvaluationOfCommit[]> =>
  rows(
    db,
    `with recursive made as (
       (select revision, jobset_id from read_model.evaluation_revisions
        where revision >= $1 and revision < $1 || 'g' order by revision, jobset_id limit 1)
       union all
       select n.revision, n.jobset_id from made, lateral (
         select r.revision, r.jobset_id from read_model.evaluation_revisions r
         where (r.revision, r.jobset_id) > (made.revision, made.jobset_id) and r.revision < $1 || 'g'
         order by r.revision, r.jobset_id limit 1) n
     ), newest as (
       select n.evaluation_id, min(m.revision) as revision from (select * from made limit ${JOBSETS}) m
       join read_model.jobsets j on j.id = m.jobset_id and not j.deleted and not j.hidden
       join read_model.projects p on p.name = j.project and not p.deleted and not p.hidden, lateral (
         select r.evaluation_id from read_model.evaluation_revisions r
         where r.revision = m.revision and r.jobset_id = m.jobset_id order by r.evaluation_id desc limit $2) n
       group by n.evaluation_id order by n.evaluation_id desc limit $2
     )
     select c.revision as commit, ${EVALUATION} join newest c on c.evaluation_id = e.id order by e.id desc`,
    [prefix, limit],
  );
