import { ms, type Projection, type Recorded, type Statement } from '../projection.js';

const CONFIGURED = `
insert into machines (name, revision, source, configuration, changed_at_ms, removed)
select name, revision, source, configuration, "atMs", false
from json_to_recordset($1) as x(name text, revision int, source text, configuration json, "atMs" bigint)
on conflict (name) do update set
  revision = excluded.revision, source = excluded.source, configuration = excluded.configuration,
  changed_at_ms = excluded.changed_at_ms, removed = false, failures = 0, disabled_until_ms = 0
where machines.revision < excluded.revision`;

const REMOVED = `
update machines m set revision = i.revision, changed_at_ms = i."atMs", removed = true, failures = 0, disabled_until_ms = 0
from json_to_recordset($1) as i(name text, revision int, "atMs" bigint)
where m.name = i.name and m.revision < i.revision`;

const SWITCHED = `
update machines m set revision = i.revision, disabled = i.disabled, switched_by = i.actor, switched_reason = i.reason,
  switched_at_ms = i."atMs", failures = case when i.disabled then m.failures else 0 end,
  disabled_until_ms = case when i.disabled then m.disabled_until_ms else 0 end
from json_to_recordset($1) as i(name text, revision int, disabled boolean, actor json, reason text, "atMs" bigint)
where m.name = i.name and m.revision < i.revision`;

const FAILED = `
update machines m set revision = i.revision, failures = i.failures, failed_at_ms = i."failedAtMs",
  disabled_until_ms = i."disabledUntilMs", error = i.error
from json_to_recordset($1) as i(name text, revision int, failures int, "failedAtMs" bigint, "disabledUntilMs" bigint,
  error text)
where m.name = i.name and m.revision < i.revision`;

const RECOVERED = `
update machines m set revision = i.revision, failures = 0, disabled_until_ms = 0
from json_to_recordset($1) as i(name text, revision int)
where m.name = i.name and m.revision < i.revision`;

const on = ({ type, data, revision, metadata }: Recorded): readonly Statement[] => {
  const change = <T extends { name: string }>(text: string, row: T): Statement[] => [
    { text, rows: [{ ...row, revision, atMs: ms(metadata.at) }], keys: [`machine:${row.name}`] },
  ];
  switch (type) {
    case 'MachineAdded':
    case 'MachineChanged':
      return change(CONFIGURED, data);
    case 'MachineRemoved':
      return change(REMOVED, data);
    case 'MachineDisabled':
    case 'MachineEnabled': {
      const { actor, reason } = metadata;
      return change(SWITCHED, { ...data, disabled: type === 'MachineDisabled', actor, reason });
    }
    case 'MachineFailed':
      return change(FAILED, data);
    case 'MachineRecovered':
      return change(RECOVERED, data);
    default:
      return [];
  }
};

/** Build machines as they stand. A removed one keeps its row: what it built names it. */
export const machines: Projection = {
  name: 'machines',
  version: 1,
  types: [
    'MachineAdded',
    'MachineChanged',
    'MachineRemoved',
    'MachineDisabled',
    'MachineEnabled',
    'MachineFailed',
    'MachineRecovered',
  ],
  tables: ['machines'],
  ddl: `
create table machines (
  name text primary key,
  -- of the last event in its stream
  revision int not null,
  source text not null,
  configuration json not null,
  -- when it became what it is
  changed_at_ms bigint not null,
  removed boolean not null,
  disabled boolean not null default false,
  -- who disabled or enabled it last, and why
  switched_by json,
  switched_reason text,
  switched_at_ms bigint,
  -- in a row
  failures int not null default 0,
  disabled_until_ms bigint not null default 0,
  -- of the last failure, however long ago
  failed_at_ms bigint,
  error text
);
`,
  on,
};
