-- The names that an answer lists page by page: ids alone, for what people typed is not kept. Rows live for an hour.
create table shown_list (
  id text primary key,
  asked_by text not null,
  entry_ids bigint[] not null,
  shown_at timestamptz not null
);
create index shown_list_by_age on shown_list (shown_at);
