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
