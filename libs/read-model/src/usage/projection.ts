import { jobsetStream } from '#domain';
import { ms, type Projection, type Recorded, type Statement } from '../projection.js';

/** What an event leaves unsaid is as it was before it; an event that changes nothing leaves no row. */
const CHANGED = `
with input as (
  select * from json_to_recordset($1) as x("jobsetId" int, position bigint, "atMs" bigint, opens boolean, project text, name text,
                                           shares int, enabled boolean, deleted boolean)
), changed as (
  select i."jobsetId", i.position, i."atMs", p.jobset_id is not null as known,
    case when i.opens then i.project else p.project end as project, case when i.opens then i.name else p.name end as name,
    coalesce(i.shares, p.shares) as shares, coalesce(i.enabled, p.enabled) as enabled,
    coalesce(i.deleted, p.deleted, false) as deleted,
    (p.project, p.name, p.shares, p.enabled, p.deleted) as before
  from input i left join lateral (
    select * from jobset_shares s where s.jobset_id = i."jobsetId" and s.position < i.position order by s.position desc limit 1
  ) p on true
  -- Not known and not opened: nothing to go by. Deleted under a name that it no longer has: that was not it.
  where (i.opens or p.jobset_id is not null)
    and not (coalesce(i.deleted, false) and (i.project, i.name) is distinct from (p.project, p.name))
)
insert into jobset_shares (jobset_id, position, at_ms, project, name, shares, enabled, deleted)
select "jobsetId", position, "atMs", project, name, shares, enabled, deleted from changed
where not known or (project, name, shares, enabled, deleted) is distinct from before
on conflict do nothing`;

const TERM = `
insert into queue_runner_terms (term, position, policy, window_ms, clamp_credit_ms, started_at_ms)
select * from json_to_recordset($1) as x(term text, position bigint, policy text, "windowMs" bigint, "clampCreditMs" bigint,
                                         "startedAtMs" bigint)
on conflict do nothing`;

/** What an event says of a jobset. `opens`: it has this name from here on. */
type Change = Readonly<{
  jobsetId: number;
  project: string;
  name: string;
  opens: boolean;
  shares?: number;
  enabled?: boolean;
  deleted?: boolean;
}>;

const on = (event: Recorded): readonly Statement[] => {
  const { type, data, stream, metadata } = event;
  const position = String(event.position);
  const change = (row: Change): Statement[] => [
    { text: CHANGED, rows: [{ ...row, position, atMs: ms(metadata.at) }], keys: [`jobset:${row.jobsetId}`] },
  ];
  switch (type) {
    case 'JobsetCreated':
    case 'JobsetCloned':
    case 'JobsetConfigured': {
      const { jobsetId, project, name, configuration } = data;
      const { shares, mode } = configuration;
      const opens = type !== 'JobsetConfigured';
      return change({ jobsetId, project, name, opens, shares, enabled: mode !== 'disabled' });
    }
    case 'JobsetRenamed': {
      // It stands in two streams: the new name's opens the name, the old one's only closes.
      const { jobsetId, to, configuration } = data;
      if (stream !== jobsetStream(to.project, to.name)) return [];
      const { shares, mode } = configuration;
      return change({ jobsetId, ...to, opens: true, shares, enabled: mode !== 'disabled' });
    }
    case 'ShareChanged': {
      const { jobsetId, project, name, shares } = data;
      return change({ jobsetId, project, name, opens: false, shares });
    }
    case 'JobsetEnabled':
    case 'JobsetDisabled': {
      const { jobsetId, project, name } = data;
      return change({ jobsetId, project, name, opens: false, enabled: type === 'JobsetEnabled' });
    }
    case 'JobsetDeleted': {
      const { jobsetId, project, name } = data;
      return change({ jobsetId, project, name, opens: false, deleted: true });
    }
    case 'QueueRunnerStarted':
      return [{ text: TERM, rows: [{ ...data, position }], keys: [] }];
    default:
      return [];
  }
};

/** What use is held against: shares of jobsets and rules of the queue runner as they were at any moment. Use itself stands in `steps`. */
export const usage: Projection = {
  name: 'usage',
  version: 1,
  types: [
    'JobsetCreated',
    'JobsetCloned',
    'JobsetConfigured',
    'JobsetRenamed',
    'ShareChanged',
    'JobsetEnabled',
    'JobsetDisabled',
    'JobsetDeleted',
    'QueueRunnerStarted',
  ],
  tables: ['jobset_shares', 'queue_runner_terms'],
  ddl: `
-- A jobset's shares, from a moment to the next one.
create table jobset_shares (
  jobset_id int,
  -- of the event
  position bigint,
  at_ms bigint not null,
  project text not null,
  name text not null,
  shares int not null,
  enabled boolean not null,
  deleted boolean not null,
  primary key (jobset_id, position)
);
create index jobset_shares_time on jobset_shares (jobset_id, at_ms, position);
create index jobset_shares_at on jobset_shares (at_ms);
-- Who chose by which rules, from a moment to the next one.
create table queue_runner_terms (
  term text primary key,
  position bigint not null,
  policy text not null,
  window_ms bigint not null,
  clamp_credit_ms bigint not null,
  started_at_ms bigint not null
);
create index queue_runner_terms_time on queue_runner_terms (started_at_ms, position);
`,
  on,
};
