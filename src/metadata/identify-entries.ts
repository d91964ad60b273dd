import { createHash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { currentVersionDeletedAt } from "../catalog/current-version.ts";
import { dictionaryWords, entryWords, isSpellable, type NamedEntry } from "../catalog/search/entry-words.ts";
import type { Store } from "../store/open-store.ts";
import type { EntryVersion } from "../store/tables/catalog.ts";
import { factWords } from "./fact-words.ts";
import { keepAllowed } from "./keep-allowed.ts";
import { suggestByRules } from "./suggest-by-rules.ts";
import type { FieldOptions, Suggestion } from "./suggestion.ts";

/** To be raised when the rules, or the words that an entry is found by, change: everything is then looked at again. */
const RULES_VERSION = 1;

export interface IdentifyDeps {
  readonly store: Store;
  readonly now: () => Date;
  /** Closed lists of the form, from `glovebox.yaml`. */
  readonly options?: FieldOptions;
  /** By field, what it is called as a tag of the target. */
  readonly tagNames?: Readonly<Record<string, string>>;
  readonly batchSize?: number;
  report?(identifiedCount: number): void;
}

interface Row extends NamedEntry {
  readonly id: number;
  readonly currentVersion: number | null;
  readonly versions: readonly EntryVersion[];
  readonly inputs: string;
}

/**
 * Says of every new or changed entry what its names alone tell, and makes it searchable by that. Each batch is committed
 * by itself, so that a pass that broke off goes on where it was; what has not changed is not touched. What people
 * confirmed, neighbours and models said stays.
 * @returns How many entries were new or changed.
 */
export async function identifyEntries(deps: IdentifyDeps): Promise<number> {
  const { store, options = {}, tagNames = {}, batchSize = 1_000, report } = deps;
  const taught = factWords(options, tagNames);
  await teachWords(store, taught);
  const settings = createHash("md5")
    .update(JSON.stringify([RULES_VERSION, options, taught]))
    .digest("hex");
  const known = new Set<string>();
  let [count, lastId] = [0, 0];
  for (;;) {
    const rows = await changedEntries(store, settings, lastId, batchSize);
    if (rows.length === 0) return count;
    await identifyBatch(deps, rows, known);
    count += rows.length;
    lastId = rows.at(-1)?.id ?? lastId;
    report?.(count);
  }
}

async function teachWords(store: Store, taught: ReturnType<typeof factWords>): Promise<void> {
  await sql`
    insert into fact_word as known (field, value, words)
    select field, value, words from jsonb_to_recordset(${JSON.stringify(taught)}::jsonb)
      as taught (field text, value text, words text[])
    on conflict (field, value) do update set words = excluded.words where known.words <> excluded.words
  `.execute(store);
}

/** All that the answer depends on, short. A deleted version changes no key name, but the state. */
const inputsOf = (settings: string): RawBuilder<string> =>
  sql`md5(concat_ws('|', ${settings}::text, engine, key_names, custom_metadata, current_version, versions))`;

async function changedEntries(store: Store, settings: string, lastId: number, limit: number): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select id, namespace, mount, engine, path, key_names, custom_metadata, current_version, versions,
      ${inputsOf(settings)} as inputs
    from entry left join entry_reading on entry_id = id
    where id > ${lastId} and inputs is distinct from ${inputsOf(settings)}
    order by id limit ${limit}
  `.execute(store);
  return rows;
}

async function identifyBatch({ store, now, options = {} }: IdentifyDeps, rows: readonly Row[], known: Set<string>) {
  const found = rows.map((row) => ({ row, words: entryWords(row), suggestions: suggestionsFor(row, options) }));
  const newWords = [...new Set(found.flatMap(({ words }) => dictionaryWords(words)))].filter(
    (word) => !known.has(word),
  );
  const ids = rows.map(({ id }) => id);
  await store.transaction().execute(async (tx) => {
    await sql`select set_config('glovebox.refreshes_facts', 'by itself', true)`.execute(tx);
    await writeSuggestions(
      tx,
      ids,
      found.flatMap(({ row, suggestions }) => suggestions.map((one) => ({ entry_id: row.id, ...one }))),
      now(),
    );
    const readings = found.map(({ row, words }) => ({
      entry_id: row.id,
      found_words: words,
      deleted_at: currentVersionDeletedAt(row),
      inputs: row.inputs,
    }));
    await sql`
      insert into entry_reading (entry_id, found_words, deleted_at, inputs)
      select entry_id, found_words, deleted_at, inputs from jsonb_to_recordset(${JSON.stringify(readings)}::jsonb)
        as readings (entry_id bigint, found_words text[], deleted_at timestamptz, inputs text)
      order by entry_id
      on conflict (entry_id) do update set found_words = excluded.found_words, deleted_at = excluded.deleted_at,
        inputs = excluded.inputs
    `.execute(tx);
    await sql`select refresh_entry_facts(${ids}::bigint[])`.execute(tx);
    await sql`
      insert into search_word (word, is_spellable)
      select * from unnest(${newWords}::text[], ${newWords.map(isSpellable)}::boolean[]) order by 1
      on conflict do nothing
    `.execute(tx);
  });
  for (const word of newWords) known.add(word);
}

function suggestionsFor({ mount, engine, path, keyNames, customMetadata }: Row, options: FieldOptions): Suggestion[] {
  const all = suggestByRules({ mount, engine, path, keyNames: keyNames ?? [], customMetadata });
  const rows = new Map<string, Suggestion>(); // one for each field and source
  for (const one of keepAllowed(all, options)) rows.set(`${one.field} ${one.source}`, one);
  return [...rows.values()];
}

/** Replaces what rules and custom metadata said before, and touches nothing that is said still. */
async function writeSuggestions(
  tx: Store,
  ids: readonly number[],
  said: readonly (Suggestion & { entry_id: number })[],
  at: Date,
): Promise<void> {
  await sql`
    with said as (
      select * from jsonb_to_recordset(${JSON.stringify(said)}::jsonb)
        as said (entry_id bigint, field text, value text, source text, evidence text, confidence real)
    ), taken_back as (
      delete from metadata_suggestion as known
      where entry_id = any (${[...ids]}::bigint[]) and source in ('rules', 'vault-metadata')
        and not exists (select from said where said.entry_id = known.entry_id and said.field = known.field
          and said.source = known.source)
    )
    insert into metadata_suggestion as known (entry_id, field, value, source, evidence, confidence, suggested_at)
    select entry_id, field, value, source, evidence, confidence, ${at} from said order by entry_id, field, source
    on conflict (entry_id, field, source) do update set value = excluded.value, evidence = excluded.evidence,
      confidence = excluded.confidence, suggested_at = excluded.suggested_at
    where (known.value, known.evidence, known.confidence) is distinct from
      (excluded.value, excluded.evidence, excluded.confidence)
  `.execute(tx);
}
