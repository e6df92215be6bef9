import type { Projection, Recorded, Statement } from '../projection.js';

/** Stands for the farm itself, whose tag is the virtual time; ids of jobsets begin at 1. */
export const FARM = 0;

/** Tags never fall: the highest is the newest, in whatever order they come. */
const RAISED = `
insert into clamp_tags as t (jobset_id, tag)
select "jobsetId", max(tag) from json_to_recordset($1) as x("jobsetId" int, tag bigint) group by 1
on conflict (jobset_id) do update set tag = excluded.tag where t.tag < excluded.tag`;

const raise = (rows: readonly Readonly<{ jobsetId: number; tag: number }>[]): readonly Statement[] =>
  rows.length > 0 ? [{ text: RAISED, rows, keys: ['tags'], shared: ['tags'] }] : [];

const on = (event: Recorded): readonly Statement[] => {
  switch (event.type) {
    case 'BuildStepStarted': {
      const { jobsetId, basis } = event.data.dispatch;
      if (basis?.clamp === undefined) return [];
      const { tag, virtual } = basis.clamp;
      return raise([
        { jobsetId, tag },
        { jobsetId: FARM, tag: virtual },
      ]);
    }
    case 'BuildStepCompleted':
      return raise(event.data.charges.flatMap(({ jobsetId, tag }) => (tag === undefined ? [] : [{ jobsetId, tag }])));
    default:
      return [];
  }
};

/** What the queue runner's policy `clamped` goes by, so that its next term goes on where the last one ended. */
export const clamp: Projection = {
  name: 'clamp',
  version: 1,
  types: ['BuildStepStarted', 'BuildStepCompleted'],
  tables: ['clamp_tags'],
  ddl: `
create table clamp_tags (
  -- 0: the virtual time of the farm
  jobset_id int primary key,
  -- 1/1000 ms of machine time at 100 shares
  tag bigint not null
);
`,
  on,
};
