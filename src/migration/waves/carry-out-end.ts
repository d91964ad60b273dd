import { appendEvent } from "../../audit/append-event.ts";
import { enqueueDelivery, enqueueRedraw } from "../../store/outbox.ts";
import { noteArrivals } from "./ask-for-batch.ts";
import { holdBack } from "./control-wave.ts";
import { countItems, ITEM_STATE, type ItemCounts, itemsOf, sumCounts, WAVE_ENDED } from "./item-states.ts";
import { carryOutRejection } from "./reject-batch.ts";
import type { WaveDeps } from "./wave-deps.ts";
import { batchId } from "./wave-name.ts";
import { type BatchRow, listBatches, setBatch, type WaveRow } from "./wave-rows.ts";

const CAUSE = "Its wave was ended before its turn came. Nothing was started.";
const OVER: readonly string[] = ["ended", "rejected", "expired", "dropped"];

/**
 * Carries an operator's end of a wave out, as far as it goes now: what a worker has in hand, and envelopes on their way,
 * are waited for. Safe to call again after a crash anywhere.
 */
export async function carryOutEnd(deps: WaveDeps, wave: WaveRow): Promise<void> {
  const { store, now } = deps;
  await store.transaction().execute((tx) => holdBack(tx, wave.name));
  await store
    .updateTable("waveItem")
    .set({ leftCode: WAVE_ENDED, leftText: CAUSE, leftAt: now() })
    .where("wave", "=", wave.name)
    .where("sentAt", "is", null)
    .where("requestId", "is", null)
    .where("leftCode", "is", null)
    .execute();
  for (const batch of await listBatches(store, wave.name)) {
    if (batch.state === "asking") await noteArrivals(deps, batch, now());
    if (batch.state === "rejecting") await carryOutRejection(deps, batch);
  }
  for (const requestId of await listOpen(deps, wave)) await withdraw(deps, wave, requestId);
  const counts = await countItems(store, wave.name);
  const { asked, waiting, approved, running } = sumCounts(counts.values());
  if (asked + waiting + approved + running > 0) return;
  await finish(deps, wave, counts);
}

async function listOpen({ store }: WaveDeps, { name }: WaveRow): Promise<string[]> {
  const rows = await itemsOf(store, name)
    .select("request.id")
    .where(ITEM_STATE, "in", ["waiting", "approved"])
    .orderBy("waveItem.position")
    .execute();
  return rows.flatMap(({ id }) => (id === null ? [] : [id]));
}

/** One request, in a transaction of its own. What has begun or was decided this moment is left as it is. */
async function withdraw({ store, now }: WaveDeps, { name, endedBy, endReason }: WaveRow, requestId: string) {
  await store.transaction().execute(async (tx) => {
    const at = now();
    // The migration before its request, as the worker's journal does it: no deadlock.
    const stopped = await tx
      .updateTable("migration")
      .set({ state: "failed", causeCode: WAVE_ENDED, causeText: CAUSE, finishedAt: at, isHeld: false })
      .where("requestId", "=", requestId)
      .where("state", "=", "queued")
      .where("isHeld", "=", true)
      .executeTakeFirst();
    const changed = await tx
      .updateTable("request")
      .set({ status: "withdrawn", changedAt: at })
      .where("id", "=", requestId)
      .where("status", "=", stopped.numUpdatedRows > 0n ? "approved" : "waiting")
      .returning("version")
      .executeTakeFirst();
    if (!changed) return;
    const subject = `request:${requestId}`;
    await enqueueRedraw(tx, subject);
    const content = { version: changed.version, wave: name, reason: endReason };
    await appendEvent(tx, at, { kind: "request.withdrawn", actor: endedBy ?? "glovebox", subject, content });
  });
}

async function finish({ store, now }: WaveDeps, wave: WaveRow, byBatch: ReadonlyMap<number, ItemCounts>) {
  const { name, endedBy: by, endReason: reason } = wave;
  const subject = `wave:${name}`;
  await store.transaction().execute(async (tx) => {
    const at = now();
    const ended = await tx
      .updateTable("wave")
      .set({ state: "ended", changedAt: at })
      .where("name", "=", name)
      .where("state", "=", "ending")
      .executeTakeFirst();
    if (ended.numUpdatedRows === 0n) return;
    for (const batch of await listBatches(tx, name)) {
      if (OVER.includes(batch.state)) continue;
      await setBatch(tx, batch, at, { state: phaseOf(batch, byBatch.get(batch.number)) });
      if (batch.state !== "planned") await enqueueRedraw(tx, `wave-batch:${batchId(batch)}`);
    }
    await enqueueRedraw(tx, subject);
    const counts = sumCounts(byBatch.values());
    for (const to of ["requester", "approvers"]) {
      const detail = { event: "ended", to, by, reason, ...counts };
      await enqueueDelivery(tx, { kind: "notice", subject, detail, dedupeKey: `wave-ended:${name}:${to}` });
    }
    await appendEvent(tx, at, { kind: "wave.ended", actor: by ?? "glovebox", subject, content: { reason, ...counts } });
  });
}

/** A batch of which nothing was ever asked is dropped; the others have ended. */
function phaseOf({ state }: BatchRow, counts: ItemCounts | undefined): "dropped" | "ended" {
  const asked =
    counts === undefined ? 0 : Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.dropped;
  return state === "planned" || asked === 0 ? "dropped" : "ended";
}
