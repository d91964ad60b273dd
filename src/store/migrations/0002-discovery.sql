-- A crawl that keeps a checkpoint. What an earlier program began has none, so it can't be gone on with.
delete from crawl where finished_at is null;
alter table crawl drop column unreadable;
alter table crawl
  add column phase text not null default 'names' check (phase in ('names', 'metadata', 'keys', 'done')),
  add column is_names_only boolean not null default false,
  add column is_full boolean not null default false,
  -- When a batch was last written: how old the counts are.
  add column reported_at timestamptz not null default now(),
  add column mount_count integer not null default 0,
  add column new_count integer not null default 0,
  add column changed_count integer not null default 0,
  add column gone_count integer not null default 0,
  add column described_count integer not null default 0,
  add column keyed_count integer not null default 0;

-- The checkpoint of the names: folders that are known and not listed yet. Empty in every later phase.
create table crawl_folder (
  crawl_id bigint not null references crawl on delete cascade,
  namespace text not null,
  mount text collate "C" not null,
  -- "" for the mount itself, otherwise ending in "/".
  folder text collate "C" not null,
  primary key (crawl_id, namespace, mount, folder)
);

-- What a crawl could not see, and the right that is missing.
create table unreadable_branch (
  crawl_id bigint not null references crawl on delete cascade,
  kind text not null check (kind in ('namespace', 'mount', 'folder', 'metadata', 'keys', 'name')),
  namespace text not null,
  mount text collate "C" not null,
  -- A folder ("" or ending in "/"); for the kind name, the name as it may be shown.
  branch text collate "C" not null,
  -- As it would stand in a policy; null where no right would help.
  missing_right text,
  reason text not null,
  -- How many secrets of the branch it concerns; 0 where nobody can know.
  secret_count integer not null default 0,
  primary key (crawl_id, kind, namespace, mount, branch)
);

alter table mount add column seen_in bigint;

-- By the crawl's number and not by a clock: a crawl is gone on with by another process, on another machine.
alter table entry
  add column seen_in bigint,
  -- The crawl that asked for its metadata, and for its key names, answered or not.
  add column described_in bigint,
  add column keyed_in bigint,
  -- The version whose key names would be read, and the one whose key names are known: its number and its time, for a
  -- path that was erased begins again at version 1.
  add column version_mark text,
  add column keys_mark text;

-- A crawl writes each row up to three times, and the second time it grows. Without room on its page every such write
-- would go into all indexes again, and the one on trigrams is dear.
alter table entry set (fillfactor = 30);
