import type { Amount } from '#domain';
import type { Projection, Recorded, Statement } from '../projection.js';

const UPLOADED = `
with uploaded as (
insert into bucket_uploads (bucket, prefix, stopped_at_ms, build_id, part, objects, bytes)
select bucket, prefix, "stoppedAtMs", "buildId", part, objects, bytes
from json_to_recordset($1) as x(bucket text, prefix text, "stoppedAtMs" bigint, "buildId" int, part int, objects bigint,
  bytes bigint)
on conflict do nothing returning bucket, prefix, stopped_at_ms / 86400000 as day, objects, bytes
)
insert into bucket_days (bucket, prefix, day, objects, bytes)
select bucket, prefix, day, sum(objects)::bigint, sum(bytes)::bigint from uploaded group by 1, 2, 3 order by 1, 2, 3
on conflict (bucket, prefix, day) do update set objects = bucket_days.objects + excluded.objects,
  bytes = bucket_days.bytes + excluded.bytes`;

const CONDEMNED = `
insert into bucket_collections (collection_id, bucket, prefix, grace_ms, started_at_ms, listed_at_ms, listed, listed_bytes,
  condemned, condemned_bytes, resurrected, resurrected_bytes, foreign_objects, foreign_bytes, delete_foreign)
select "collectionId", bucket, prefix, "graceMs", "startedAtMs", "listedAtMs", listed, "listedBytes", condemned,
  "condemnedBytes", resurrected, "resurrectedBytes", "foreign", "foreignBytes", "deleteForeign"
from json_to_recordset($1) as x("collectionId" text, bucket text, prefix text, "graceMs" bigint, "startedAtMs" bigint,
  "listedAtMs" bigint, listed bigint, "listedBytes" bigint, condemned bigint, "condemnedBytes" bigint, resurrected bigint,
  "resurrectedBytes" bigint, "foreign" bigint, "foreignBytes" bigint, "deleteForeign" boolean)
on conflict do nothing`;

/** Only once: what was resurrected adds up. */
const COLLECTED = `
update bucket_collections c set stopped_at_ms = i."stoppedAtMs", deleted = i.deleted, deleted_bytes = i."deletedBytes",
  resurrected = c.resurrected + i.resurrected, resurrected_bytes = c.resurrected_bytes + i."resurrectedBytes",
  waiting = i.waiting, waiting_bytes = i."waitingBytes", left_objects = i."left", left_bytes = i."leftBytes"
from json_to_recordset($1) as i("collectionId" text, bucket text, prefix text, "stoppedAtMs" bigint, deleted bigint,
  "deletedBytes" bigint, resurrected bigint, "resurrectedBytes" bigint, waiting bigint, "waitingBytes" bigint,
  "left" bigint, "leftBytes" bigint)
where c.bucket = i.bucket and c.prefix = i.prefix and c.collection_id = i."collectionId" and c.stopped_at_ms is null`;

/** Amounts as two columns each. */
const flat = (amounts: Readonly<Record<string, Amount>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(amounts).flatMap(([name, { objects, bytes }]) => [
      [name, objects],
      [`${name}Bytes`, bytes],
    ]),
  );

const on = ({ type, data }: Recorded): readonly Statement[] => {
  switch (type) {
    case 'BackupCompleted': {
      const { target, paths, stoppedAtMs, buildId, part } = data;
      const uploaded = paths.filter((path) => path.uploaded);
      if (uploaded.length === 0) return [];
      const bytes = uploaded.reduce((sum, { fileSize }) => sum + fileSize, 0);
      const row = { ...target, stoppedAtMs, buildId, part, objects: uploaded.length, bytes };
      return [{ text: UPLOADED, rows: [row], keys: [] }];
    }
    case 'GarbageCondemned': {
      const { target, listed, condemned, resurrected, foreign, ...rest } = data;
      const row = { ...rest, ...target, ...flat({ listed, condemned, resurrected, foreign }) };
      return [{ text: CONDEMNED, rows: [row], keys: [data.collectionId] }];
    }
    case 'GarbageCollected': {
      const { target, deleted, resurrected, waiting, left, ...rest } = data;
      const row = { ...rest, ...target, ...flat({ deleted, resurrected, waiting, left }) };
      return [{ text: COLLECTED, rows: [row], keys: [data.collectionId] }];
    }
    default:
      return [];
  }
};

/** What buckets grew by, and what collections took out of them. */
export const buckets: Projection = {
  name: 'buckets',
  version: 2,
  types: ['BackupCompleted', 'GarbageCondemned', 'GarbageCollected'],
  tables: ['bucket_uploads', 'bucket_days', 'bucket_collections'],
  ddl: `
-- what a copy of a build added; nothing where all of it was there before
create table bucket_uploads (
  bucket text,
  prefix text,
  stopped_at_ms bigint,
  build_id int,
  -- of the events of a large closure
  part int,
  -- NARs, each of which has a narinfo that is not counted
  objects bigint not null,
  bytes bigint not null,
  primary key (bucket, prefix, stopped_at_ms, build_id, part)
);
-- the same by the day (UTC, days since the Unix epoch) of its end
create table bucket_days (
  bucket text,
  prefix text,
  day bigint,
  objects bigint not null,
  bytes bigint not null,
  primary key (bucket, prefix, day)
);
create table bucket_collections (
  bucket text,
  prefix text,
  collection_id text,
  grace_ms bigint not null,
  started_at_ms bigint not null,
  listed_at_ms bigint not null,
  -- null while it runs, and for ever where it was killed
  stopped_at_ms bigint,
  listed bigint not null,
  listed_bytes bigint not null,
  condemned bigint not null,
  condemned_bytes bigint not null,
  resurrected bigint not null,
  resurrected_bytes bigint not null,
  foreign_objects bigint not null,
  foreign_bytes bigint not null,
  delete_foreign boolean not null,
  deleted bigint not null default 0,
  deleted_bytes bigint not null default 0,
  waiting bigint,
  waiting_bytes bigint,
  left_objects bigint,
  left_bytes bigint,
  primary key (bucket, prefix, collection_id)
);
create index bucket_collections_time on bucket_collections (bucket, prefix, started_at_ms);
`,
  on,
};
