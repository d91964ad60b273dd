import { RequestContent, type TargetRef } from "../../approvals/content.ts";
import type { Store } from "../../store/open-store.ts";
import { ITEM_STATE, itemsOf } from "./item-states.ts";
import { sampleSize } from "./sample.ts";
import type { BatchKey, BatchRow, WaveRow } from "./wave-rows.ts";

/** How often each value occurs, the most frequent first. */
export type Shares = readonly { readonly value: string; readonly count: number }[];

/** All that the card of one batch shows. */
export interface BatchView {
  readonly wave: Pick<WaveRow, "name" | "requester" | "reason" | "selection" | "state">;
  readonly batch: BatchRow;
  readonly batchCount: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Items that the batch still speaks of. */
  readonly itemCount: number;
  readonly sampleCount: number;
  readonly exceptionCount: number;
  readonly mounts: Shares;
  readonly targets: readonly { readonly target: TargetRef; readonly count: number }[];
  /** Tags of all items; the card counts by owner and environment, and weighs the risk. */
  readonly tags: readonly Readonly<Record<string, string>>[];
  readonly unusual: Shares;
  readonly expiresAt: Date | null;
}

/** @returns null: there is no such batch. */
export async function loadBatchView(store: Store, { wave: name, number }: BatchKey): Promise<BatchView | null> {
  const batch = await store
    .selectFrom("waveBatch")
    .selectAll()
    .where("wave", "=", name)
    .where("number", "=", number)
    .executeTakeFirst();
  const wave = await store.selectFrom("wave").selectAll().where("name", "=", name).executeTakeFirst();
  if (!batch || !wave) return null;
  const rows = await itemsOf(store, name)
    .select(["waveItem.content", "waveItem.notes", "request.expiresAt", ITEM_STATE.as("state")])
    .where("waveItem.batch", "=", number)
    .execute();
  const inIt = rows.filter(({ state }) => state !== "left");
  const contents = inIt.map(({ content }) => RequestContent.parse(JSON.parse(content)));
  const { count: batchCount } = await store
    .selectFrom("waveBatch")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("wave", "=", name)
    .executeTakeFirstOrThrow();
  const expiries = inIt.flatMap(({ expiresAt }) => (expiresAt === null ? [] : [expiresAt.getTime()]));
  return {
    wave,
    batch,
    batchCount,
    counts: Object.fromEntries(sharesOf(rows.map(({ state }) => state)).map(({ value, count }) => [value, count])),
    itemCount: inIt.length,
    sampleCount: sampleSize(inIt.filter(({ state }) => state === "waiting").length),
    exceptionCount: (await countDrafted(store, name)) + rows.length - inIt.length,
    mounts: sharesOf(contents.map(({ source }) => [source.namespace, source.mount].filter(Boolean).join("/"))),
    targets: targetsOf(contents),
    tags: contents.map(({ tags }) => tags),
    unusual: sharesOf(inIt.flatMap(({ notes }) => notes.map(kindOfNote))),
    expiresAt: expiries.length === 0 ? null : new Date(Math.min(...expiries)),
  };
}

/** A note's own details would make each of a kind another one. */
const kindOfNote = (note: string): string => (note.split(":")[0] ?? note).slice(0, 120);

export function sharesOf(values: readonly string[]): Shares {
  return [...Map.groupBy(values, (value) => value)]
    .map(([value, all]) => ({ value, count: all.length }))
    .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

function targetsOf(contents: readonly RequestContent[]): BatchView["targets"] {
  const placeOf = ({ target: { accountId, region, kmsKeyId } }: RequestContent): string =>
    JSON.stringify([accountId, region, kmsKeyId]);
  return [...Map.groupBy(contents, placeOf).values()].flatMap((all) => {
    const [first] = all;
    return first ? [{ target: first.target, count: all.length }] : [];
  });
}

async function countDrafted(store: Store, wave: string): Promise<number> {
  const { count } = await store
    .selectFrom("waveException")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("wave", "=", wave)
    .executeTakeFirstOrThrow();
  return count;
}
