-- What is known of each entry in one row: the surest word on each field (a person's before any suggestion), and the words
-- by which it is found. The identify pass writes found_words and inputs; the rest follows by itself from
-- metadata_confirmation and metadata_suggestion. All of it can be made anew: see src/metadata/identify-entries.ts.
create table entry_fact (
  entry_id bigint primary key references entry,
  owner_team text,
  is_owner_confirmed boolean not null default false,
  purpose text,
  application text,
  environment text,
  classification text,
  -- When the current version was deleted, or will be: -infinity where it was destroyed, null where it was not.
  deleted_at timestamptz,
  -- Of path, key names and custom metadata: see src/catalog/search/entry-words.ts.
  found_words text[] not null default '{}',
  words tsvector not null default '',
  -- What the identify pass had looked at; where it differs from what the entry says now, it looks again.
  inputs text not null default ''
);
create index entry_fact_by_words on entry_fact using gin (words);
-- Without them every search counts as rare, which takes the index. With them the planner reads the table for a common word
-- until it has enough, and where such rows lie together at the end, that is all of it.
alter table entry_fact alter column words set statistics 0;
create index entry_fact_by_owner on entry_fact (lower(owner_team));
create index entry_fact_by_deletion on entry_fact (deleted_at) where deleted_at is not null;
create index entry_gone on entry (id) where gone_at is not null;

-- Further words for a fact: `production` for the environment prod; and under `tag` what a field is called as a tag of the
-- target. Written by the identify pass.
create table fact_word (
  field text not null,
  value text not null,
  words text[] not null,
  primary key (field, value)
);

-- Every word by which something may be found, so that a misspelt one can be read as the nearest.
create table search_word (
  word text collate "C" primary key
);
create index search_word_by_trigrams on search_word using gin (word gin_trgm_ops);

-- The states are those of a request.
create index request_by_status on request (status, entry_id);

-- A request's target names, in lower case, out of its places (account, region and name, a line each).
create function target_names(places text[]) returns text[] immutable strict parallel safe language sql
  begin atomic
    select coalesce(array_agg(split_part(place, E'\n', 3)), '{}') from unnest(places) as place;
  end;
create index request_by_target_name on request using gin (target_names(places));

create function refresh_entry_facts(ids bigint[]) returns void language sql as $$
  with every_word as (
    select entry_id, field, value, true as is_confirmed, 2 as weight, '' as source
    from metadata_confirmation where entry_id = any (ids)
    union all
    -- A model's sureness is its own word until it has been measured: see weightOf in suggest-metadata.ts.
    select entry_id, field, value, false, case when source = 'llm' then least(confidence, 0.49) else confidence end, source
    from metadata_suggestion where entry_id = any (ids)
  ), surest as (
    select distinct on (entry_id, field) entry_id, field, value, is_confirmed
    from every_word order by entry_id, field, weight desc, source
  ), worded as (
    -- `:owner:…` and the like for filters, the values' own words, what else they are called, and the tags of the target.
    select entry_id, surest.field, surest.value, is_confirmed,
      array[case surest.field when 'ownerTeam' then ':owner:' when 'purpose' then ':type:' when 'application' then ':app:'
        when 'environment' then ':env:' else ':' || lower(surest.field) || ':' end || lower(left(surest.value, 100))]
      || regexp_split_to_array(lower(left(surest.value, 100)), '[^[:alnum:]]+')
      || coalesce(more.words, '{}')
      || case when is_confirmed then array[':tag:' || lower(left(surest.value, 100))] else '{}' end
      || case when is_confirmed and tag.words is not null
        then array[':tag:' || tag.words[1] || '=' || lower(left(surest.value, 100))] else '{}' end as lexemes
    from surest
    left join fact_word as more on more.field = surest.field and more.value = surest.value
    left join fact_word as tag on tag.field = 'tag' and tag.value = surest.field
  ), said as (
    select entry_id,
      max(value) filter (where field = 'ownerTeam') as owner_team,
      coalesce(bool_or(is_confirmed) filter (where field = 'ownerTeam'), false) as is_owner_confirmed,
      max(value) filter (where field = 'purpose') as purpose,
      max(value) filter (where field = 'application') as application,
      max(value) filter (where field = 'environment') as environment,
      max(value) filter (where field = 'classification') as classification
    from surest group by entry_id
  ), found as (
    select entry_id, array_agg(distinct lexeme) filter (where lexeme <> '') as lexemes
    from worded, unnest(lexemes) as lexeme group by entry_id
  ), learned as (
    insert into search_word
    select distinct lexeme from worded, unnest(lexemes) as lexeme where lexeme <> '' and lexeme not like ':%' order by 1
    on conflict do nothing
  )
  insert into entry_fact as known
    (entry_id, owner_team, is_owner_confirmed, purpose, application, environment, classification, words)
  select entry.id, owner_team, coalesce(is_owner_confirmed, false), purpose, application, environment, classification,
    array_to_tsvector(coalesce(lexemes, '{}'))
  from entry left join said on said.entry_id = entry.id left join found on found.entry_id = entry.id
  where entry.id = any (ids)
  order by entry.id
  on conflict (entry_id) do update set
    owner_team = excluded.owner_team, is_owner_confirmed = excluded.is_owner_confirmed, purpose = excluded.purpose,
    application = excluded.application, environment = excluded.environment, classification = excluded.classification,
    words = array_to_tsvector(known.found_words) || excluded.words
$$;

-- Whoever writes a suggestion or a confirmation need not think of the facts. The identify pass refreshes a whole batch
-- itself, once.
create function keep_entry_facts() returns trigger language plpgsql as $$
begin
  if current_setting('glovebox.refreshes_facts', true) = 'by itself' then return null; end if;
  if tg_op = 'DELETE' then
    perform refresh_entry_facts(array(select distinct entry_id from former));
  else
    perform refresh_entry_facts(array(select distinct entry_id from latter));
  end if;
  return null;
end $$;
create trigger keep_facts_added after insert on metadata_suggestion
  referencing new table as latter for each statement execute function keep_entry_facts();
create trigger keep_facts_changed after update on metadata_suggestion
  referencing new table as latter for each statement execute function keep_entry_facts();
create trigger keep_facts_removed after delete on metadata_suggestion
  referencing old table as former for each statement execute function keep_entry_facts();
create trigger keep_facts_added after insert on metadata_confirmation
  referencing new table as latter for each statement execute function keep_entry_facts();
create trigger keep_facts_changed after update on metadata_confirmation
  referencing new table as latter for each statement execute function keep_entry_facts();
create trigger keep_facts_removed after delete on metadata_confirmation
  referencing old table as former for each statement execute function keep_entry_facts();
