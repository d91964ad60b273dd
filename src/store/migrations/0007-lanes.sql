-- Each entry's lane as it was judged last, for counts over the whole estate and for cards. It can be made anew: see
-- src/migration/lanes/judge-lanes.ts.
create table entry_lane (
  entry_id bigint primary key references entry,
  lane text not null check (lane in ('standard', 'complex', 'white-glove')),
  -- In people's words, the one that decides what is next first.
  reasons jsonb not null,
  -- What it is, whose it is: the surest word on each; null where nobody and nothing says.
  type text,
  team text
);

-- One row: how old the lanes are, and on what evidence they rest.
create table lane_judgement (
  is_latest boolean primary key default true check (is_latest),
  judged_at timestamptz not null,
  entry_count integer not null,
  took_ms integer not null,
  -- What the audit logs covered; null where none was read.
  evidence_from timestamptz,
  evidence_to timestamptz
);
