-- The same look (src/approvals/gate-session.ts), in a form whose plan stays right: it is kept from when the tables were
-- empty, and would read every ask, every finish and every event of the chain once there are thousands. So each row that
-- there is one of is named as such, and what is asked of a table is one value out of its index, never a set.
create or replace function look_at_gate(since timestamptz, patience text) returns table (
  is_left_open boolean, has_more boolean,
  ask_id uuid, ask_kind text, ask_migration_id uuid, ask_fence bigint,
  is_paused boolean, held_fence bigint,
  statement_id uuid, bytes text, signature text, key_id text,
  request_id text, request_status text, request_version integer,
  is_finished boolean, opened_since bigint, newest_hashes jsonb
) language plpgsql set enable_seqscan = off as $$
begin
  perform set_config('idle_session_timeout', patience, false), pg_advisory_lock(7206003);
  return query
  with unclosed as materialized (select a.* from gate_ask a where a.closed_at is null),
    opened as (select u.fence from unclosed u where u.kind = 'open' and u.answered_at is not null and u.refusal_code is null)
  select
    -- Opened and not closed, and nobody may hold it open any more.
    exists (select from opened) and (c.is_paused or f.deadline is null or f.deadline <= clock_timestamp()
      or not exists (select from opened o where o.fence = f.number)),
    (select count(*) > 1 from unclosed u where u.answered_at is null),
    ask.id, ask.kind, ask.migration_id, ask.fence,
    c.is_paused, case when ask.fence = f.number and f.deadline > clock_timestamp() then f.number end,
    s.id, s.bytes, s.signature, s.key_id,
    m.request_id, r.status, r.version,
    -- The chain can't be changed without its trigger, and Vault remembers its end: a thief would have to take out more
    -- than a row.
    coalesce((select true from finished_statement x where x.statement_id = s.id),
      (select true from audit_event e where e.kind = 'migration.done'
        and e.content::jsonb ->> 'statementId' = s.id::text limit 1), false),
    case when ask.kind = 'open' then (select count(*) from gate_ask a
      where a.kind = 'open' and a.refusal_code is null and a.answered_at > since) end,
    (select jsonb_object_agg(e.seq, e.hash)
      from (select seq, hash from audit_event order by seq desc limit 32) e)
  from control c
  left join fence f on f.id = 1
  left join lateral (
    select u.* from unclosed u where u.answered_at is null order by u.asked_at limit 1
  ) ask on true
  left join migration m on m.id = ask.migration_id
  left join statement s on s.id = m.statement_id
  left join request r on r.id = m.request_id
  where c.id = 1;
end $$;
