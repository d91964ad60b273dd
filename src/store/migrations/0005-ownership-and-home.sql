-- What speaks against the confirmed owner of an entry, or against a team that would be taken for it.
create table owner_contradiction (
  id bigint generated always as identity primary key,
  entry_id bigint not null references entry,
  -- As glovebox.yaml names it.
  team text not null,
  -- not-ours: a member of the team says that the entry is not theirs. ours-too: it was recorded as this team's, and then
  -- another team claimed it.
  kind text not null check (kind in ('not-ours', 'ours-too')),
  said_by text not null,
  said_at timestamptz not null,
  settled_at timestamptz,
  settled_by text
);
create unique index one_open_contradiction on owner_contradiction (entry_id, team, kind) where settled_at is null;
create index owner_contradiction_by_team on owner_contradiction (team) where settled_at is null;

-- Who opened the Home tab, what they look at, and whether it must be drawn again. What is drawn is read from the other
-- tables each time.
create table home (
  user_id text primary key,
  opened_at timestamptz not null,
  -- Pages and filter: see src/home/home-place.ts.
  place jsonb not null default '{}',
  -- What it showed when it was drawn last, and for whom (`request:RQ-1001`, `entry:42`, `team:payments`): a change of any
  -- of these draws it again.
  watches text[] not null default '{}',
  -- Slack's mark of the view as we published it.
  hash text,
  drawn_at timestamptz,
  -- Counts the wishes to draw: one that comes while it is drawn is not lost.
  wishes bigint not null default 0,
  failures integer not null default 0,
  -- When it is to be drawn, by the database's clock; null: it stands as it should.
  due_at timestamptz
);
create index home_due on home (due_at) where due_at is not null;
create index home_by_opening on home (opened_at desc);
create function ring_home() returns trigger language plpgsql as
  $$ begin perform pg_notify('home', ''); return null; end $$;
create trigger home_rings after insert or update of wishes on home for each row execute function ring_home();

create index request_by_requester on request (requester, created_at desc);
