import { sql } from "kysely";
import { usageOfEntries } from "../../catalog/usage/usage-of-entries.ts";
import { type Team, teamOfReader } from "../../metadata/team.ts";
import type { Store } from "../../store/open-store.ts";
import { type LaneKnowledge, NOTHING_KNOWN, type UseFacts } from "./lane-facts.ts";

/** What is known of a page of entries beside their names, in a fixed number of queries. */
export async function readLaneKnowledge(
  store: Store,
  { entryIds, teams, now }: { entryIds: readonly number[]; teams: readonly Team[]; now: Date },
): Promise<(entryId: number) => LaneKnowledge> {
  const facts = await readFacts(store, entryIds);
  const usage = await usageOfEntries(store, entryIds, now);
  const useOf = (entryId: number): UseFacts => {
    const { readsPerDay, clientCount, readers } = usage.of(entryId);
    const reading = readers.flatMap((name) => teamOfReader(teams, { role: name, displayName: null })?.name ?? []);
    return { readsPerDay, clientCount, teams: [...new Set(reading)] };
  };
  const use = usage.coverage === null ? () => null : useOf;
  return (entryId) => ({ ...NOTHING_KNOWN, ...facts.get(entryId), use: use(entryId) });
}

type Facts = Pick<LaneKnowledge, "purpose" | "environment" | "classification">;

async function readFacts(store: Store, entryIds: readonly number[]): Promise<ReadonlyMap<number, Facts>> {
  const { rows } = await sql<Facts & { entryId: number }>`
    select entry_id, max(value) filter (where field = 'purpose') as purpose,
      max(value) filter (where field = 'environment') as environment,
      max(value) filter (where field = 'classification' and source in ('person', 'vault-metadata')) as classification
    from (
      select distinct on (entry_id, field) entry_id, field, value, source
      from (
        select entry_id, field, value, 2 as weight, 'person' as source
        from metadata_confirmation where entry_id = any (${[...entryIds]}::bigint[])
        union all
        select entry_id, field, value, case when source = 'llm' then least(confidence, 0.49) else confidence end, source
        from metadata_suggestion where entry_id = any (${[...entryIds]}::bigint[])
      ) as every_word
      order by entry_id, field, weight desc, source
    ) as surest
    group by entry_id
  `.execute(store);
  return new Map(rows.map(({ entryId, ...known }) => [entryId, known]));
}
