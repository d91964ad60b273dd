-- Finds the nearest names when a path was misspelt. A trusted extension: the database's owner may create it.
create extension if not exists pg_trgm;

-- Paths are compared byte by byte: NFC and NFD spellings, case twins and blanks are different secrets.
create table mount (
  namespace text not null,
  path text collate "C" not null,
  accessor text not null,
  engine text not null,
  seen_at timestamptz not null,
  primary key (namespace, path)
);

create table entry (
  id bigint generated always as identity primary key,
  namespace text not null,
  mount text collate "C" not null,
  mount_accessor text not null,
  engine text not null,
  path text collate "C" not null,
  current_version integer,
  versions jsonb not null default '[]',
  custom_metadata jsonb not null default '{}',
  key_names jsonb,
  vault_created_at timestamptz,
  vault_updated_at timestamptz,
  seen_at timestamptz not null,
  gone_at timestamptz,
  -- As people type it.
  full_path text collate "C" generated always as
    (case when namespace = '' then '' else namespace || '/' end || mount || '/' || path) stored,
  -- Equal for names that look alike (case, blanks, accents spelt in two ways): see src/catalog/look-key.ts.
  look_key text collate "C" not null default '',
  unique (namespace, mount, path)
);
create index entry_by_full_path on entry (full_path);
create index entry_by_look_key on entry (look_key);
create index entry_by_trigrams on entry using gin (full_path gin_trgm_ops);

create table crawl (
  id bigint generated always as identity primary key,
  started_at timestamptz not null,
  finished_at timestamptz,
  entry_count integer not null default 0,
  unreadable jsonb not null default '[]'
);

create table metadata_suggestion (
  entry_id bigint not null references entry,
  field text not null,
  value text not null,
  source text not null,
  evidence text not null,
  confidence real not null,
  suggested_at timestamptz not null,
  primary key (entry_id, field, source)
);

create table metadata_confirmation (
  entry_id bigint not null references entry,
  field text not null,
  value text not null,
  confirmed_by text not null,
  confirmed_at timestamptz not null,
  primary key (entry_id, field)
);

-- Custom metadata of Vault that AWS gets not as tags, with the reason of each.
create table tag_overflow (
  entry_id bigint primary key references entry,
  total integer not null,
  left_out jsonb not null,
  noted_at timestamptz not null
);

create sequence request_number start 1001;

create table request (
  id text primary key,
  envelope_id uuid not null unique,
  version integer not null default 1,
  status text not null check (status in
    ('waiting', 'approved', 'migrating', 'migrated', 'failed', 'undone', 'rejected', 'expired', 'withdrawn')),
  entry_id bigint not null references entry,
  requester text not null,
  content text not null,
  places text[] not null default '{}',
  signature text not null,
  key_id text not null,
  vault_version integer,
  changes jsonb not null default '[]',
  created_at timestamptz not null,
  changed_at timestamptz not null,
  expires_at timestamptz not null
);
create index request_by_place on request using gin (places);
create index request_by_entry on request (entry_id, created_at desc);
create unique index one_open_request_per_entry on request (entry_id) where status in ('waiting', 'approved', 'migrating');

create table decision (
  id bigint generated always as identity primary key,
  request_id text not null references request,
  request_version integer not null,
  verdict text not null check (verdict in ('approve', 'reject')),
  decided_by text not null,
  reason text,
  decided_at timestamptz not null,
  unique (request_id, request_version, decided_by)
);

create table statement (
  id uuid primary key,
  request_id text not null references request,
  request_version integer not null,
  bytes text not null,
  signature text not null,
  key_id text not null,
  signed_at timestamptz not null,
  unique (request_id, request_version)
);

create table migration (
  id uuid primary key,
  request_id text not null references request,
  statement_id uuid not null references statement,
  attempt integer not null,
  state text not null check (state in
    ('queued', 'leased', 'read', 'closed', 'written', 'verified', 'sealed', 'done', 'failed', 'undone')),
  -- Approved within a wave, and not its turn yet: nobody rings for it, and a worker leaves it.
  is_held boolean not null default false,
  cause_code text,
  cause_text text,
  -- While it waits for its next attempt, by the database's clock: since when and how often for this cause, until when.
  waiting_since timestamptz,
  wait_count integer not null default 0,
  due_at timestamptz,
  admin_accessor text,
  secret_id_accessor text,
  reader_accessor text,
  vault_version integer,
  -- Signed by the worker: see src/migration/write-list.ts.
  writes jsonb,
  digest_key_id text,
  target_arns text[] not null default '{}',
  comparison jsonb,
  lease_opened_at timestamptz,
  lease_closed_at timestamptz,
  undo_order text,
  undo_signature text,
  undo_key_id text,
  receipt text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  unique (request_id, attempt)
);
create index migration_unended on migration (request_id) where state not in ('done', 'failed', 'undone');
create index migration_by_end on migration (finished_at desc) where finished_at is not null;
create index migration_held on migration (request_id) where is_held;
create index migration_failed on migration (finished_at) where state = 'failed';
create index migration_with_open_lease on migration (created_at) where lease_opened_at is not null and lease_closed_at is null;

create table journal (
  seq bigint generated always as identity primary key,
  migration_id uuid not null references migration,
  fence bigint not null,
  step text not null,
  detail jsonb not null default '{}',
  at timestamptz not null default clock_timestamp()
);
create index journal_by_migration on journal (migration_id, seq);

-- Never again: one approval finishes at most once, and so does one version of one secret.
create table finished_statement (
  statement_id uuid primary key references statement,
  migration_id uuid not null references migration,
  -- What was moved. The accessor is the mount's, whatever it is called; the version is null for KV v1.
  mount_accessor text not null,
  path text collate "C" not null,
  vault_version integer,
  -- The finish after which this version was free again: undone, or allowed once more by an operator.
  previous_statement_id uuid references finished_statement,
  bytes text not null,
  signature text not null,
  key_id text not null,
  constraint one_finish_after_another unique nulls not distinct (mount_accessor, path, vault_version, previous_statement_id)
);

-- An operator's signed word that what this finish moved may be moved once more.
create table move_again (
  statement_id uuid primary key references finished_statement,
  bytes text not null,
  signature text not null,
  key_id text not null,
  allowed_at timestamptz not null
);

create table fence (
  id integer primary key check (id = 1),
  number bigint not null,
  holder text,
  deadline timestamptz,
  admin_accessor text
);
insert into fence (id, number) values (1, 0);
-- Takes the one right to move a secret, by the database's clock; no row if somebody holds it. Of two that come at once, the
-- second waits for the first and then finds the fence held.
create function take_fence(new_holder text, seconds double precision)
returns table (number bigint, left_admin_accessor text) language sql as $$
  update fence f set number = f.number + 1, holder = new_holder,
    deadline = clock_timestamp() + make_interval(secs => seconds)
  where f.deadline is null or f.deadline <= clock_timestamp()
  returning f.number, f.admin_accessor
$$;
-- Locks the fence's row until the transaction ends, so that no successor takes it meanwhile. Raises when it was lost.
create function hold_fence(held bigint) returns bigint language plpgsql as $$
begin
  perform from fence f where f.number = held and f.deadline > clock_timestamp() for share;
  if not found then raise exception 'the fence was lost' using errcode = 'GBF01'; end if;
  return held;
end $$;

create table control (
  id integer primary key check (id = 1),
  is_paused boolean not null,
  changed_by text,
  reason text,
  changed_at timestamptz
);
insert into control (id, is_paused) values (1, false);

create table gate_ask (
  id uuid primary key,
  kind text not null check (kind in ('open', 'write')),
  migration_id uuid not null references migration,
  fence bigint not null,
  asked_at timestamptz not null default clock_timestamp(),
  answered_at timestamptz,
  refusal_code text,
  refusal_text text,
  closed_at timestamptz
);
create index gate_ask_waiting on gate_ask (asked_at) where answered_at is null;
create index gate_ask_unclosed on gate_ask (migration_id) where closed_at is null;
create index gate_ask_opened on gate_ask (answered_at) where kind = 'open' and refusal_code is null;

-- How a worker picks up a migration (src/migration/load-order.ts): not while paused; then the fence; and only then, in a
-- statement that sees what the fence's last holder committed, the row and what was signed.
create function take_order(wanted uuid, holder text, seconds double precision) returns table (
  is_paused boolean, fence_number bigint, left_admin_accessor text, has_left_leases boolean,
  row_found migration, bytes text, signature text, key_id text, finished_by uuid
) language plpgsql as $$
begin
  select c.is_paused into is_paused from control c;
  if is_paused then return next; return; end if;
  select t.number, t.left_admin_accessor into fence_number, left_admin_accessor from take_fence(holder, seconds) t;
  if fence_number is null then return next; return; end if;
  has_left_leases := exists
    (select from migration m where m.lease_opened_at is not null and m.lease_closed_at is null);
  select m.* into row_found from migration m where m.id = wanted;
  -- The chain says it too: of two rows that a thief takes out, he must take out one that others have a copy of.
  select s.bytes, s.signature, s.key_id, coalesce(f.migration_id, case when exists
      (select from audit_event e where e.kind = 'migration.done' and e.content::jsonb ->> 'statementId' = s.id::text)
      then wanted end)
    into bytes, signature, key_id, finished_by
    from statement s left join finished_statement f on f.statement_id = s.id where s.id = row_found.statement_id;
  return next;
end $$;

-- The tables ring their own doorbells (src/store/notify.ts), with the commit and without a round trip of their own.
create function ring() returns trigger language plpgsql as
  $$ begin perform pg_notify(tg_argv[0], new.id::text); return null; end $$;
create trigger gate_ask_rings after insert on gate_ask for each row execute function ring('gate_ask');
-- The answer comes with the ring, so that who hears it need not look: `<ask> yes`, or `<ask> <refusal>`.
create function ring_answer() returns trigger language plpgsql as
  $$ begin perform pg_notify('gate_answer', new.id || ' ' || coalesce(new.refusal_code, 'yes')); return null; end $$;
create trigger gate_answer_rings after update of answered_at on gate_ask for each row
  when (old.answered_at is null and new.answered_at is not null) execute function ring_answer();

-- What was moved and is still in Vault: when it was looked at last, and which newer version was offered to be moved.
create table drift_watch (
  request_id text primary key references request,
  looked_at timestamptz not null,
  offered_version integer
);

create table support_case (
  id text primary key,
  entry_id bigint references entry,
  request_id text references request,
  topic text not null,
  opened_by text not null,
  opened_at timestamptz not null,
  status text not null check (status in ('open', 'claimed', 'resolved')),
  version integer not null default 1,
  claimed_by text,
  resolved_by text,
  changed_at timestamptz not null,
  unique (opened_by, topic, opened_at)
);
create sequence support_case_number start 101;

create table support_relay (
  case_id text not null references support_case,
  message_ts text not null,
  direction text not null check (direction in ('to-requester', 'to-thread')),
  relayed_at timestamptz not null,
  primary key (case_id, message_ts)
);

-- A wave is an ordered group of requests: batches of at most 500, the pilot first.
create table wave (
  name text primary key,
  requester text not null,
  created_by text not null,
  reason text not null,
  -- How its secrets were chosen, in the operator's words.
  selection text not null,
  state text not null check (state in ('draft', 'open', 'running', 'paused', 'done', 'dropped', 'expired', 'ending',
    'ended')),
  items_digest text not null,
  -- What the requester confirmed in Slack, signed by the bot.
  confirmation text,
  confirmation_signature text,
  confirmation_key_id text,
  stop_after integer not null,
  pause_reason text,
  -- The operator who ended it before it was done, and why.
  ended_by text,
  end_reason text,
  -- The batch up to which an operator lets it go on, whatever became of the ones before.
  next_allowed integer not null default 1,
  -- Failures in a row are counted from the newest start.
  started_at timestamptz,
  drawn_at timestamptz,
  drawn_as text,
  created_at timestamptz not null,
  changed_at timestamptz not null
);

create table wave_batch (
  wave text not null references wave,
  number integer not null,
  version integer not null default 1,
  state text not null check (state in ('planned', 'asking', 'waiting', 'approving', 'rejecting', 'approved', 'ended',
    'rejected', 'expired', 'dropped')),
  -- Drawn by the bot when the card goes out, so that nobody who made the wave could know the sample.
  sample_seed text,
  decided_by text,
  decided_at timestamptz,
  reason text,
  -- The signed yes, which covers named requests in named versions; carried out item by item.
  decision text,
  decision_signature text,
  decision_key_id text,
  asked_at timestamptz,
  changed_at timestamptz not null,
  primary key (wave, number)
);

create table wave_item (
  envelope_id uuid primary key,
  wave text not null,
  batch integer not null,
  position integer not null,
  entry_id bigint not null references entry,
  -- The content of the request to be made: canonical JSON.
  content text not null,
  -- What is unusual about it, for the sample.
  notes jsonb not null default '[]',
  sent_at timestamptz,
  request_id text references request,
  -- The version of the request that the batch speaks of: one that changed goes its own way.
  request_version integer not null default 1,
  left_code text,
  left_text text,
  left_at timestamptz,
  foreign key (wave, batch) references wave_batch (wave, number),
  unique (wave, position)
);
create index wave_item_by_batch on wave_item (wave, batch, position);
create index wave_item_by_request on wave_item (request_id);

-- What the wave's selection named and could not take in.
create table wave_exception (
  id bigint generated always as identity primary key,
  wave text not null references wave,
  -- `line 12` of the file, or "".
  place text not null,
  name text not null,
  code text not null,
  reason text not null,
  next_step text not null
);
create index wave_exception_by_wave on wave_exception (wave, id);

-- Who looked at which page of the sample of which version of a batch.
create table wave_look (
  wave text not null,
  batch integer not null,
  batch_version integer not null,
  by text not null,
  page integer not null,
  at timestamptz not null,
  primary key (wave, batch, batch_version, by, page),
  foreign key (wave, batch) references wave_batch (wave, number)
);

create table intake_message (
  envelope_id text primary key,
  kind text not null,
  producer text not null,
  request_id text references request,
  refusal_code text,
  refusal_text text,
  received_at timestamptz not null
);

create table poisoned_message (
  message_id text primary key,
  reason text not null,
  size_bytes integer not null,
  found_at timestamptz not null,
  redriven_at timestamptz
);

-- Where Slack shows a subject ("request:RQ-1001", "case:CS-101"): every copy is drawn again when the subject changes.
create table card (
  id bigint generated always as identity primary key,
  subject text not null,
  kind text not null,
  channel text not null,
  ts text not null,
  unique (channel, ts)
);
create unique index one_card_of_a_kind on card (subject, kind, channel);

create table outbox (
  id bigint generated always as identity primary key,
  kind text not null,
  subject text not null,
  detail jsonb not null default '{}',
  dedupe_key text,
  created_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default clock_timestamp(),
  delivered_at timestamptz,
  attempts integer not null default 0,
  last_error text
);
create index outbox_pending on outbox (subject, id) where delivered_at is null;
create trigger outbox_rings after insert on outbox for each row execute function ring('outbox');

create table inbox (
  id text primary key,
  kind text not null,
  actor text not null,
  received_at timestamptz not null
);

create table audit_event (
  seq bigint primary key,
  at timestamptz not null,
  kind text not null,
  actor text not null,
  subject text not null,
  content text not null,
  previous_hash text not null,
  hash text not null unique
);
create index audit_event_by_subject on audit_event (subject, seq desc);
-- The gate asks it before each opening, the worker before each run: was this approval carried out?
create index audit_event_of_done on audit_event ((content::jsonb ->> 'statementId')) where kind = 'migration.done';
-- Appends a link: takes the chain's lock until the transaction ends, and only then looks for its end, in a statement that
-- sees what others committed while it waited. `head` and `tail` are the link's canonical text (src/audit/append-event.ts)
-- before and after the two things that are known only now: the previous hash and the number.
create function append_event(
  at timestamptz, kind text, actor text, subject text, content text, head text, tail text
) returns jsonb language plpgsql as $$
declare
  link_seq bigint;
  link_previous text;
  link_hash text;
begin
  perform pg_advisory_xact_lock(7206002);
  select seq + 1, hash into link_seq, link_previous from audit_event order by seq desc limit 1;
  link_seq := coalesce(link_seq, 1);
  link_previous := coalesce(link_previous, repeat('0', 64));
  link_hash := encode(sha256(convert_to(head || link_previous || '","seq":' || link_seq || tail, 'UTF8')), 'hex');
  insert into audit_event values (link_seq, at, kind, actor, subject, content, link_previous, link_hash);
  return jsonb_build_object('seq', link_seq, 'previousHash', link_previous, 'hash', link_hash);
end $$;

-- The same for who has worked out its place and hash already, and signed something over them: raises where the chain has
-- gone on meanwhile, so that all of the statement is undone.
create function append_expected_event(
  expected_hash text, at timestamptz, kind text, actor text, subject text, content text, head text, tail text
) returns jsonb language plpgsql as $$
declare
  link jsonb;
begin
  link := append_event(at, kind, actor, subject, content, head, tail);
  if link ->> 'hash' <> expected_hash then raise exception 'the chain has gone on' using errcode = 'GBC01'; end if;
  return link;
end $$;

-- One look of the gate (src/approvals/gate-session.ts): takes the gates' lock for this session, and only then reads the
-- oldest ask that waits and all that its answer depends on, so that all of it is true at one moment. A function, for its
-- plan is kept and it is one round trip. `since` is an hour ago by the gate's clock; a gate that is silent for longer than
-- `patience` loses its connection, and the lock with it.
create function look_at_gate(since timestamptz, patience text) returns table (
  is_left_open boolean, has_more boolean,
  ask_id uuid, ask_kind text, ask_migration_id uuid, ask_fence bigint,
  is_paused boolean, held_fence bigint,
  statement_id uuid, bytes text, signature text, key_id text,
  request_id text, request_status text, request_version integer,
  is_finished boolean, opened_since bigint, newest_hashes jsonb
) language plpgsql as $$
begin
  perform set_config('idle_session_timeout', patience, false), pg_advisory_lock(7206003);
  return query
  select
    -- Opened and not closed, and nobody may hold it open any more.
    exists (select from gate_ask a where a.kind = 'open' and a.answered_at is not null and a.refusal_code is null
      and a.closed_at is null)
    and not exists (select from gate_ask a join fence f on f.number = a.fence
      where a.kind = 'open' and a.answered_at is not null and a.refusal_code is null and a.closed_at is null
        and f.deadline > clock_timestamp() and not c.is_paused),
    coalesce(ask.waiting > 1, false),
    ask.id, ask.kind, ask.migration_id, ask.fence,
    c.is_paused, held.number,
    s.id, s.bytes, s.signature, s.key_id,
    m.request_id, r.status, r.version,
    -- The chain can't be changed without its trigger, and Vault remembers its end: a thief would have to take out more
    -- than a row.
    exists (select from finished_statement x where x.statement_id = s.id)
    or exists (select from audit_event e where e.kind = 'migration.done'
      and e.content::jsonb ->> 'statementId' = s.id::text),
    case when ask.kind = 'open' then (select count(*) from gate_ask a
      where a.kind = 'open' and a.refusal_code is null and a.answered_at > since) end,
    (select jsonb_object_agg(e.seq, e.hash)
      from (select seq, hash from audit_event order by seq desc limit 32) e)
  from control c
  left join lateral (
    select a.*, count(*) over () as waiting from gate_ask a where a.answered_at is null order by a.asked_at limit 1
  ) ask on true
  left join fence held on held.number = ask.fence and held.deadline > clock_timestamp()
  left join migration m on m.id = ask.migration_id
  left join statement s on s.id = m.statement_id
  left join request r on r.id = m.request_id;
end $$;
create table audit_checkpoint (
  seq bigint primary key references audit_event,
  hash text not null,
  key_id text not null,
  signature text not null,
  signed_at timestamptz not null
);
create function refuse_change() returns trigger language plpgsql as
  $$ begin raise exception '% is append-only', tg_table_name; end $$;
create trigger audit_event_is_append_only before update or delete on audit_event
  for each row execute function refuse_change();
