export const EVALUATION_TABLES = [
  'evaluations',
  'evaluation_jobs',
  'evaluation_errors',
  'evaluation_counts',
  'evaluation_revisions',
] as const;

export const EVALUATION_DDL = `
create table evaluations (
  id int primary key,
  jobset_id int not null,
  -- running: what is found so far is not an evaluation yet; ran: it is whole
  status text not null,
  cause text not null,
  force boolean not null,
  started_at_ms bigint not null,
  finished_at_ms bigint,
  jobs_found int not null default 0,
  errors_found int not null default 0,
  hash text,
  inputs json,
  expression json,
  flake text,
  jobs int not null default 0,
  new_builds int not null default 0,
  errors int not null default 0,
  has_new_builds boolean not null default false,
  checkout_ms bigint,
  evaluation_ms bigint,
  -- the evaluation whose members are this one's: itself, or the one before where no build was new
  members_of int,
  succeeded int not null default 0,
  failed int not null default 0,
  release_name text,
  released_at_ms bigint
);
create index evaluations_jobset on evaluations (jobset_id, id) where has_new_builds;
create index evaluations_new on evaluations (id) where has_new_builds;
create index evaluations_released on evaluations (id) where release_name is not null;
create table evaluation_jobs (
  evaluation_id int not null,
  job text not null,
  build_id int not null,
  is_new boolean not null,
  primary key (evaluation_id, job)
);
create index evaluation_jobs_build on evaluation_jobs (build_id, evaluation_id);
create table evaluation_errors (
  evaluation_id int not null,
  chunk int not null,
  nr int not null,
  job text not null,
  message text not null,
  primary key (evaluation_id, chunk, nr)
);
-- evaluations with new builds
create table evaluation_counts (jobset_id int primary key, evaluations int not null);
-- commits that evaluations were made of; by bytes, so that a beginning of one is a range
create table evaluation_revisions (
  revision text collate "C", jobset_id int, evaluation_id int, primary key (revision, jobset_id, evaluation_id)
);
`;
