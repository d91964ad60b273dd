-- What the identify pass read of each entry, apart from what is known of it. Facts are looked up by their words: without what
-- was read beside them twice as many lie on a page, and the rows that have a common word are gathered sooner.
create table entry_reading (
  entry_id bigint primary key references entry,
  -- Of path, key names and custom metadata: see src/catalog/search/entry-words.ts.
  found_words text[] not null,
  -- When the current version was deleted, or will be: -infinity where it was destroyed, null where it was not.
  deleted_at timestamptz,
  -- What the identify pass had looked at; where it differs from what the entry says now, it looks again.
  inputs text not null
);
insert into entry_reading select entry_id, found_words, deleted_at, inputs from entry_fact;
alter table entry_fact drop column found_words, drop column inputs;

create or replace function refresh_entry_facts(ids bigint[]) returns void language sql as $$
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
  insert into entry_fact
    (entry_id, owner_team, is_owner_confirmed, purpose, application, environment, classification, deleted_at, words)
  select entry.id, owner_team, coalesce(is_owner_confirmed, false), purpose, application, environment, classification,
    deleted_at, array_to_tsvector(coalesce(found_words, '{}') || coalesce(lexemes, '{}'))
  from entry left join said on said.entry_id = entry.id left join found on found.entry_id = entry.id
    left join entry_reading on entry_reading.entry_id = entry.id
  where entry.id = any (ids)
  order by entry.id
  on conflict (entry_id) do update set
    owner_team = excluded.owner_team, is_owner_confirmed = excluded.is_owner_confirmed, purpose = excluded.purpose,
    application = excluded.application, environment = excluded.environment, classification = excluded.classification,
    deleted_at = excluded.deleted_at, words = excluded.words
$$;
