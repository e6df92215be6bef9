import { type Queryable, rows } from '../rows.js';

/** Where a jobset was first evaluated with a commit. */
export type FoundCommit = Readonly<{
  /** as its input has it */
  revision: string;
  project: string;
  jobset: string;
  /** name of the input */
  input: string;
  /** id of the first evaluation with it */
  evaluationId: number;
}>;

/** Jobsets with such commits that are looked at, hidden ones among them. */
const LOOKED_AT = 500;

/** Commits that begin with `text` (lower case), each jobset that has it; hidden and deleted ones are left out. Newest evaluations first. */
export const searchCommits = (db: Queryable, text: string, limit: number): Promise<FoundCommit[]> =>
  rows(
    db,
    `select c.revision, j.project, j.name as jobset, c.input, c.evaluation_id as "evaluationId"
     from (select * from read_model.evaluation_commits where revision >= $1 and starts_with(revision, $1)
             and revision < $1 || '~' order by revision, jobset_id limit ${LOOKED_AT}) c
     join read_model.jobsets j on j.id = c.jobset_id and not j.deleted and not j.hidden
     join read_model.projects p on p.name = j.project and not p.deleted and not p.hidden
     order by c.evaluation_id desc, c.revision limit $2`,
    [text, limit],
  );
