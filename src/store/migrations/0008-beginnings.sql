-- The words become all that an entry may be found by a piece of: key names (`:key:…`) and words with digits as well, which
-- nothing misspelt is read as. So a piece of a word is looked up as the few words that it may become: by the index on the
-- words of entries it would be read through all that begin so, in each entry. Nor do whole paths need trigrams then,
-- whose index took a third of the time in which a crawl writes its names.
alter table search_word add column is_spellable boolean not null default true;
insert into search_word (word, is_spellable)
select distinct lexeme, false from entry_fact, unnest(tsvector_to_array(words)) as lexeme
where lexeme not like ':%' or lexeme like ':key:%' order by 1
on conflict do nothing;
drop index entry_by_trigrams;
-- A name is looked up by its look_key, which is the same for the same name.
drop index entry_by_full_path;
