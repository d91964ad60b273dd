import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";

/** Where one item of a wave stands, in people's order. */
export const ITEM_STATES = [
  "planned",
  "asked",
  "waiting",
  "approved",
  "running",
  "moved",
  "failed",
  "undone",
  "rejected",
  "expired",
  "withdrawn",
  "dropped",
  "left",
] as const;
export type ItemState = (typeof ITEM_STATES)[number];
export type ItemCounts = Readonly<Record<ItemState, number>>;

/** Of items that nobody has asked for, and nobody will: their wave was ended. */
export const WAVE_ENDED = "WAVE_ENDED";

/**
 * The state of each item from the records of its request: nothing of it is kept twice. approved: signed, and held until
 * its turn. running: released to the worker. left: it goes its own way, as a request with a card of its own.
 */
export const ITEM_STATE = sql<ItemState>`case
  when wave_item.left_code = ${sql.lit(WAVE_ENDED)} then 'dropped'
  when wave_item.left_code is not null then 'left'
  when wave_item.request_id is null then case when wave_item.sent_at is null then 'planned' else 'asked' end
  when request.version <> wave_item.request_version or request.envelope_id <> wave_item.envelope_id then 'left'
  when request.status = 'approved' and held.id is not null then 'approved'
  when request.status in ('approved', 'migrating') then 'running'
  when request.status = 'migrated' then 'moved'
  else request.status end`;

/** Items of a wave with their request, and the attempt that is held back, if one is. */
export function itemsOf(store: Store, wave: string) {
  return store
    .selectFrom("waveItem")
    .leftJoin("request", "request.id", "waveItem.requestId")
    .leftJoin("migration as held", (join) =>
      join.onRef("held.requestId", "=", "request.id").on("held.isHeld", "=", true).on("held.state", "=", "queued"),
    )
    .where("waveItem.wave", "=", wave);
}

const NOTHING = Object.fromEntries(ITEM_STATES.map((state) => [state, 0])) as ItemCounts;

/** Counts by batch. */
export async function countItems(store: Store, wave: string): Promise<ReadonlyMap<number, ItemCounts>> {
  const rows = await itemsOf(store, wave)
    .select(["waveItem.batch", ITEM_STATE.as("state"), ({ fn }) => fn.countAll<number>().as("count")])
    .groupBy(["waveItem.batch", ITEM_STATE])
    .execute();
  const counts = new Map<number, ItemCounts>();
  for (const { batch, state, count } of rows) counts.set(batch, { ...(counts.get(batch) ?? NOTHING), [state]: count });
  return counts;
}

export function sumCounts(all: Iterable<ItemCounts>): ItemCounts {
  const sum: Record<ItemState, number> = { ...NOTHING };
  for (const counts of all) for (const state of ITEM_STATES) sum[state] += counts[state];
  return sum;
}
