import { ms, type Projection, type Recorded, type Statement } from '../projection.js';

const REQUESTED = `
insert into backups (build_id, bucket, prefix, compression, status, requested_at_ms, requested_position)
select "buildId", bucket, prefix, compression, 'requested', "atMs", position
from json_to_recordset($1) as x("buildId" int, bucket text, prefix text, compression text, "atMs" bigint, position bigint)
on conflict (build_id, bucket, prefix) do update set
  compression = excluded.compression, status = 'requested', requested_at_ms = excluded.requested_at_ms,
  requested_position = excluded.requested_position, error = null, attempts = null, stopped_at_ms = null, parts = 0,
  paths = 0, uploaded_paths = 0, nar_bytes = 0, uploaded_bytes = 0
where backups.status <> 'requested' and backups.requested_position < excluded.requested_position`;

/** Parts come in order; one seen again is not the next, nor is that of an older request. */
const COMPLETED = `
update backups b set status = case when i.part = i.parts then 'completed' else b.status end, compression = i.compression,
  parts = i.part, paths = b.paths + i.paths, uploaded_paths = b.uploaded_paths + i."uploadedPaths",
  nar_bytes = b.nar_bytes + i."narBytes", uploaded_bytes = b.uploaded_bytes + i."uploadedBytes",
  started_at_ms = i."startedAtMs", stopped_at_ms = i."stoppedAtMs", error = null
from json_to_recordset($1) as i("buildId" int, bucket text, prefix text, compression text, part int, parts int, paths int,
  "uploadedPaths" int, "narBytes" bigint, "uploadedBytes" bigint, "startedAtMs" bigint, "stoppedAtMs" bigint, position bigint)
where b.requested_position < i.position and b.build_id = i."buildId" and b.bucket = i.bucket and b.prefix = i.prefix and i.part = b.parts + 1
  and b.status <> 'completed'`;

const FAILED = `
update backups b set status = 'failed', error = i.error, attempts = i.attempts, stopped_at_ms = i."failedAtMs"
from json_to_recordset($1) as i("buildId" int, bucket text, prefix text, error text, attempts int, "failedAtMs" bigint,
  position bigint)
where b.requested_position < i.position and b.build_id = i."buildId" and b.bucket = i.bucket and b.prefix = i.prefix and b.status = 'requested'`;

const on = ({ type, data, metadata, position: at }: Recorded): readonly Statement[] => {
  if (type !== 'BackupRequested' && type !== 'BackupCompleted' && type !== 'BackupFailed') return [];
  const { target, ...about } = data;
  const rest = { ...about, position: String(at) };
  const keys = [`${data.buildId} ${target.bucket}/${target.prefix}`];
  switch (type) {
    case 'BackupRequested':
      return [{ text: REQUESTED, rows: [{ ...rest, ...target, atMs: ms(metadata.at) }], keys }];
    case 'BackupCompleted': {
      const uploaded = data.paths.filter((path) => path.uploaded);
      const row = {
        ...rest,
        ...target,
        paths: data.paths.length,
        uploadedPaths: uploaded.length,
        narBytes: data.paths.reduce((sum, path) => sum + path.narSize, 0),
        uploadedBytes: uploaded.reduce((sum, path) => sum + path.fileSize, 0),
      };
      return [{ text: COMPLETED, rows: [row], keys }];
    }
    case 'BackupFailed':
      return [{ text: FAILED, rows: [{ ...rest, ...target }], keys }];
  }
};

/** Copies of builds in buckets. */
export const backups: Projection = {
  name: 'backups',
  version: 2,
  types: ['BackupRequested', 'BackupCompleted', 'BackupFailed'],
  tables: ['backups'],
  ddl: `
create table backups (
  build_id int,
  bucket text,
  prefix text,
  compression text not null,
  -- requested, completed, failed
  status text not null,
  requested_at_ms bigint not null,
  -- of the newest request in the log
  requested_position bigint not null,
  started_at_ms bigint,
  stopped_at_ms bigint,
  -- events of a large closure seen so far
  parts int not null default 0,
  paths int not null default 0,
  uploaded_paths int not null default 0,
  nar_bytes bigint not null default 0,
  uploaded_bytes bigint not null default 0,
  attempts int,
  error text,
  primary key (build_id, bucket, prefix)
);
create index backups_open on backups (status, build_id) where status <> 'completed';
`,
  on,
};
