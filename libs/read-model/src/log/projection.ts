import { type DomainEvent, eventVersions } from '#domain';
import { ms, type Projection, type Recorded } from '../projection.js';

/** Every event once, however often it is seen: those up to the mark were counted. */
const COUNTED = `
with input as (
  select * from json_to_recordset($1) as x(position bigint, type text, "hourMs" bigint)
), fresh as (
  select distinct on (position) * from input where position > coalesce((select position from log_mark), 0)
), marked as (
  insert into log_mark (one, position) select true, max(position) from fresh having count(*) > 0
  on conflict (one) do update set position = excluded.position
)
insert into log_hours (hour_ms, type, events) select "hourMs", type, count(*)::int from fresh group by 1, 2 order by 1, 2
on conflict (hour_ms, type) do update set events = log_hours.events + excluded.events`;

const on = ({ type, position, metadata }: Recorded) => {
  const at = ms(metadata.at);
  const row = { position: String(position), type, hourMs: at - (at % 3_600_000) };
  return [{ text: COUNTED, rows: [row], keys: ['log'], shared: ['log'] }];
};

/** How much happens: events of the whole log by the hour in which they were decided, and by their type. */
export const log: Projection = {
  name: 'log',
  version: 1,
  types: Object.keys(eventVersions) as DomainEvent['type'][],
  tables: ['log_hours', 'log_mark'],
  ddl: `
create table log_hours (hour_ms bigint, type text, events int not null, primary key (hour_ms, type));
-- the last event that was counted; one row
create table log_mark (one boolean primary key, position bigint not null);
`,
  on,
};
