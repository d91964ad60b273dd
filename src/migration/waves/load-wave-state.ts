import { RequestContent } from "../../approvals/content.ts";
import { formatPath } from "../../catalog/secret-path.ts";
import type { Store } from "../../store/open-store.ts";
import { loadRequestState } from "../load-request-state.ts";
import { countItems, ITEM_STATE, type ItemCounts, itemsOf, sumCounts } from "./item-states.ts";
import { estimateEnd, measurePace, PACE_OVER } from "./pace.ts";
import { countOpenings, listEnds } from "./wave-attempts.ts";
import { type BatchRow, listBatches, type WaveRow } from "./wave-rows.ts";
import type { BatchState, WaveExample, WaveFailure, WaveState } from "./wave-state.ts";
import { whatWaits } from "./what-waits.ts";

const FAILURES_SHOWN = 20;
const EXAMPLES = 5;

export interface WaveView {
  readonly at: Date;
  readonly maxPerHour: number;
}

/** @returns null: there is no such wave. */
export async function loadWaveState(store: Store, name: string, view: WaveView): Promise<WaveState | null> {
  const row = await store.selectFrom("wave").selectAll().where("name", "=", name).executeTakeFirst();
  if (!row) return null;
  const byBatch = await countItems(store, name);
  const counts = sumCounts(byBatch.values());
  const batches = (await listBatches(store, name)).map((batch) => batchState(batch, byBatch.get(batch.number)));
  const { name: _, requester, createdBy, reason, selection, state, stopAfter, createdAt, startedAt } = row;
  const { pauseReason, endedBy, endReason } = row;
  const control = await store.selectFrom("control").select("isPaused").executeTakeFirst();
  const known = {
    ...{ name, requester, createdBy, reason, selection, state, stopAfter, createdAt, startedAt },
    ...{ pauseReason, endedBy, endReason },
    ...{ counts, itemCount: total(counts), batches },
    exceptionCount: (await countExceptions(store, name)) + counts.left,
    examples: state === "draft" ? await listExamples(store, name) : [],
    failures: await listFailures(store, name),
    ...(await outlook(store, row, counts, view)),
    isAllPaused: control?.isPaused === true,
  };
  return { ...known, waits: whatWaits(known) };
}

/** The newest first. */
export async function listWaveNames(store: Store): Promise<string[]> {
  const rows = await store.selectFrom("wave").select("name").orderBy("createdAt", "desc").orderBy("name").execute();
  return rows.map(({ name }) => name);
}

function batchState(row: BatchRow, found: ItemCounts | undefined): BatchState {
  const { number, version, state, decidedBy, decidedAt, reason } = row;
  const counts = found ?? sumCounts([]);
  return { number, version, state, decidedBy, decidedAt, reason, counts, itemCount: total(counts) };
}

const total = (counts: ItemCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

async function outlook(store: Store, { name }: WaveRow, counts: ItemCounts, { at, maxPerHour }: WaveView) {
  const ends = await listEnds(store, name, null, PACE_OVER + 1);
  const secondsEach = measurePace(ends.map(({ finishedAt }) => finishedAt));
  const opened = await countOpenings(store, at);
  const until = (remaining: number) => estimateEnd({ at, remaining, secondsEach, opened, maxPerHour });
  const approved = counts.approved + counts.running;
  const all = approved + counts.planned + counts.asked + counts.waiting;
  return { secondsEach, approvedUntil: until(approved), allUntil: until(all) };
}

async function countExceptions(store: Store, wave: string): Promise<number> {
  const { count } = await store
    .selectFrom("waveException")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("wave", "=", wave)
    .executeTakeFirstOrThrow();
  return count;
}

/** Envelope ids are random, so their order is. */
async function listExamples(store: Store, wave: string): Promise<WaveExample[]> {
  const items = await store
    .selectFrom("waveItem")
    .select(["content", "notes"])
    .where("wave", "=", wave)
    .orderBy("envelopeId")
    .limit(EXAMPLES)
    .execute();
  return items.map(({ content, notes }) => {
    const { source, target } = RequestContent.parse(JSON.parse(content));
    return { name: formatPath(source), targetName: target.name, notes };
  });
}

async function listFailures(store: Store, wave: string): Promise<WaveFailure[]> {
  const failed = await itemsOf(store, wave)
    .select("waveItem.requestId")
    .where(ITEM_STATE, "=", "failed")
    .orderBy("request.changedAt", "desc")
    .limit(FAILURES_SHOWN)
    .execute();
  const states = await Promise.all(failed.map(({ requestId }) => loadRequestState(store, requestId ?? "")));
  return states
    .filter((state) => state !== null)
    .map(({ id, content, migration, nextStep }) => ({
      requestId: id,
      name: formatPath(content.source),
      causeCode: migration?.causeCode ?? "UNKNOWN",
      causeText: migration?.causeText ?? "",
      nextStep,
    }));
}
