-- Evidence of use, counted from Vault's audit log: which path, by whom, when. Nothing of what was read, hashed or not.

-- What was read of the log. Counts and place are committed together, so that a kill neither loses nor doubles.
create table usage_source (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('file', 'socket')),
  -- Of a file: the SHA-256 of its first line, which no other log has. It survives renaming, copying and compressing.
  fingerprint text not null unique,
  -- Where it was seen first.
  name text not null,
  -- Whole lines, uncompressed.
  read_bytes bigint not null default 0,
  -- Of the last line that was read: whether a file goes on as the one that was read before.
  last_line_hash text,
  last_line_bytes integer,
  line_count bigint not null default 0,
  counted_count bigint not null default 0,
  malformed_count bigint not null default 0,
  overlong_count bigint not null default 0,
  -- Only of a socket, which must never make Vault wait.
  dropped_count bigint not null default 0,
  -- Times in its lines.
  first_at timestamptz,
  last_at timestamptz,
  changed_at timestamptz not null
);

-- The path as the catalogue names it, whether or not it has an entry yet.
create table usage_path (
  id bigint generated always as identity primary key,
  namespace text collate "C" not null,
  mount text collate "C" not null,
  path text collate "C" not null,
  last_read_at timestamptz,
  last_write_at timestamptz,
  unique (namespace, mount, path)
);

-- "" where the log does not tell.
create table usage_client (
  id bigint generated always as identity primary key,
  entity_id text collate "C" not null,
  role text collate "C" not null,
  display_name text collate "C" not null,
  address text collate "C" not null,
  unique (entity_id, role, display_name, address)
);
create index usage_client_by_role on usage_client (role);
create index usage_client_by_display_name on usage_client (display_name);

-- By UTC's days.
create table usage_day (
  path_id bigint not null references usage_path on delete cascade,
  day date not null,
  reads bigint not null,
  writes bigint not null,
  primary key (path_id, day)
);
create index usage_day_by_day on usage_day (day);

create table usage_by_client (
  path_id bigint not null references usage_path on delete cascade,
  client_id bigint not null references usage_client on delete cascade,
  reads bigint not null,
  writes bigint not null,
  last_read_at timestamptz,
  last_write_at timestamptz,
  primary key (path_id, client_id)
);
create index usage_by_client_by_client on usage_by_client (client_id);

-- Readers who stayed behind after a move, of whom its requester has heard.
create table straggler_told (
  request_id text not null references request,
  reader text collate "C" not null,
  told_at timestamptz not null,
  primary key (request_id, reader)
);
