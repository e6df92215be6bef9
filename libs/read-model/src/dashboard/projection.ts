import { bounded, type Projection } from '../projection.js';

/** Of two builds of a job in one set, the newer counts; an older one that comes late changes nothing. */
const MAINTAINED = `
insert into job_maintainers (jobset_id, job, build_id, emails)
select distinct on ("jobsetId", job) "jobsetId", job, "buildId", emails
from json_to_recordset($1) as x("jobsetId" int, job text, "buildId" int, emails jsonb)
order by "jobsetId", job, "buildId" desc
on conflict (jobset_id, job) do update set build_id = excluded.build_id, emails = excluded.emails
where excluded.build_id > job_maintainers.build_id`;

/**
 * Every job that ever had a build, by jobset (the search goes by it), and who maintains it, as its newest build says: e-mail
 * addresses of `meta.maintainers`.
 */
export const maintainers: Projection = {
  name: 'maintainers',
  version: 1,
  types: ['BuildQueued'],
  tables: ['job_maintainers'],
  ddl: `
create table job_maintainers (
  jobset_id int not null,
  job text not null,
  build_id int not null,
  emails jsonb not null,
  primary key (jobset_id, job)
);
create index job_maintainers_emails on job_maintainers using gin (emails);
`,
  on: ({ type, data }) => {
    if (type !== 'BuildQueued') return [];
    const { jobset, job, buildId, maintainers: emails } = data;
    const row = { jobsetId: jobset.id, job: bounded(job), buildId, emails };
    const keys = [`job:${jobset.id}:${row.job}`];
    return [{ text: MAINTAINED, rows: [row], keys, shared: keys }];
  },
};
