import { sql } from "kysely";
import { appendEvent } from "../../audit/append-event.ts";
import { codeOf, GloveboxError } from "../../errors.ts";
import { enqueueDelivery, enqueueRedraw } from "../../store/outbox.ts";
import { askForBatch, settleBatch } from "./ask-for-batch.ts";
import { carryOutApproval } from "./carry-out-approval.ts";
import { carryOutEnd } from "./carry-out-end.ts";
import { pauseWave } from "./control-wave.ts";
import { expireDrafts } from "./expire-drafts.ts";
import { countItems, type ItemCounts, sumCounts } from "./item-states.ts";
import { carryOutRejection } from "./reject-batch.ts";
import { releaseItems } from "./release-items.ts";
import { returnExpired } from "./return-expired.ts";
import type { WaveDeps } from "./wave-deps.ts";
import { batchId } from "./wave-name.ts";
import { type BatchRow, findWave, listBatches, setBatch, type WaveRow } from "./wave-rows.ts";

type CountsByBatch = ReadonlyMap<number, ItemCounts>;

const LOCK = 7_206_005; // one process carries waves on at a time: two would only ask Slack and Vault twice
const REDRAW_EVERY_MS = 10_000;

/** Hears of a wave that could not be carried on this time. */
export type ReportWave = (fact: { wave: string; code: string }) => void;

/**
 * One look at every wave that is under way: makes the next requests, carries decisions out, releases what may move,
 * ends what has ended. Everything that it goes by is in Postgres, so a process that dies anywhere is replaced by the
 * next look of any other.
 */
export async function runWaves(deps: WaveDeps, report: ReportWave): Promise<void> {
  const { store } = deps;
  const active = store.selectFrom("wave").select("name").where("state", "in", ["open", "running", "paused", "ending"]);
  await expireDrafts(deps);
  if (!(await active.limit(1).executeTakeFirst())) return; // nearly always
  await store.transaction().execute(async (tx) => {
    const { rows } = await sql<{
      isOurs: boolean;
    }>`select pg_try_advisory_xact_lock(${sql.lit(LOCK)}) as "isOurs"`.execute(tx);
    if (rows[0]?.isOurs !== true) return;
    for (const { name } of await active.orderBy("createdAt").execute()) {
      await runWave(deps, name).catch(async (error: unknown) => {
        report({ wave: name, code: codeOf(error) });
        await pauseAtFault(deps, name, error);
      });
    }
  });
}

/** What no repeat puts right stops the wave: a signature that does not fit, above all. */
async function pauseAtFault(deps: WaveDeps, name: string, error: unknown): Promise<void> {
  if (!(error instanceof GloveboxError) || error.retryable) return;
  if ((await findWave(deps.store, name)).state === "ending") return; // it can't be paused, and nothing more is begun
  await pauseWave(deps, { wave: name, by: "glovebox", reason: `${error.code}: ${error.userMessage}` });
}

async function runWave(deps: WaveDeps, name: string): Promise<void> {
  const before = await findWave(deps.store, name);
  if (before.state === "ending") return carryOutEnd(deps, before);
  for (const batch of await listBatches(deps.store, name)) await runBatch(deps, batch);
  const wave = await findWave(deps.store, name);
  if (wave.state === "ending") return; // ordered this moment: at the next look
  if (wave.state === "running") await releaseItems(deps, wave);
  const counts = await countItems(deps.store, name); // once: it looks at every item of the wave
  const batches = await listBatches(deps.store, name);
  for (const batch of batches) await endBatch(deps, batch, counts.get(batch.number));
  await endWave(deps, wave, counts);
  if (wave.state !== "paused") await askForNext(deps, wave, counts);
  await redrawSometimes(deps, wave, counts);
}

async function runBatch(deps: WaveDeps, batch: BatchRow): Promise<void> {
  if (batch.state === "asking") await settleBatch(deps, batch);
  if (batch.state === "approving") await carryOutApproval(deps, batch);
  if (batch.state === "rejecting") await carryOutRejection(deps, batch);
  if (batch.state === "approved") await returnExpired(deps, batch);
}

/** The pilot is asked for at once; another batch when those before it went well, or when an operator says so. */
async function askForNext(deps: WaveDeps, wave: WaveRow, counts: CountsByBatch): Promise<void> {
  const batches = await listBatches(deps.store, wave.name);
  const next = batches.find(({ state }) => state === "planned");
  if (!next) return;
  const isWell = batches
    .filter(({ number }) => number < next.number)
    .every(({ number, state }) => {
      const hasFailed = (counts.get(number)?.failed ?? 0) > 0;
      return (state === "ended" && !hasFailed) || (state === "approved" && number > 1 && !hasFailed);
    });
  if (isWell || next.number <= wave.nextAllowed) await askForBatch(deps, next);
}

const UNDER_WAY = ["planned", "asked", "waiting", "approved", "running"] as const;

async function endBatch({ store, now }: WaveDeps, batch: BatchRow, counts: ItemCounts | undefined): Promise<void> {
  if (!["waiting", "approved"].includes(batch.state)) return;
  if (counts && UNDER_WAY.some((state) => counts[state] > 0)) return;
  const { wave, number } = batch;
  const state = batch.state === "waiting" && (counts?.expired ?? 0) > 0 ? "expired" : "ended";
  await store.transaction().execute(async (tx) => {
    const at = now();
    await setBatch(tx, batch, at, { state });
    await enqueueRedraw(tx, `wave-batch:${batchId(batch)}`);
    await enqueueRedraw(tx, `wave:${wave}`);
    const subject = `wave:${wave}`;
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: `batch-${state}`, number, ...counts } });
    await appendEvent(tx, at, {
      kind: `wave.batch-${state}`,
      actor: "glovebox",
      subject,
      content: { number, ...counts },
    });
  });
}

async function endWave({ store, now }: WaveDeps, { name }: WaveRow, byBatch: CountsByBatch): Promise<void> {
  const isOpen = (await listBatches(store, name)).some(
    ({ state }) => !["ended", "rejected", "expired", "dropped"].includes(state),
  );
  if (isOpen) return;
  await store.transaction().execute(async (tx) => {
    const at = now();
    const done = await tx
      .updateTable("wave")
      .set({ state: "done", changedAt: at })
      .where("name", "=", name)
      .where("state", "not in", ["ending", "ended"]) // an operator ends it this moment
      .executeTakeFirst();
    if (done.numUpdatedRows === 0n) return;
    const counts = sumCounts(byBatch.values());
    const subject = `wave:${name}`;
    await enqueueRedraw(tx, subject);
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "done", ...counts } });
    await appendEvent(tx, at, { kind: "wave.done", actor: "glovebox", subject, content: { ...counts } });
  });
}

/** The card follows the counts, but not at every step: Slack would limit us. */
async function redrawSometimes({ store, now }: WaveDeps, { name }: WaveRow, counts: CountsByBatch): Promise<void> {
  const at = now();
  const drawnAs = JSON.stringify(sumCounts(counts.values()));
  const { numUpdatedRows } = await store
    .updateTable("wave")
    .set({ drawnAs, drawnAt: at })
    .where("name", "=", name)
    .where(({ eb, or }) => or([eb("drawnAs", "is", null), eb("drawnAs", "!=", drawnAs)]))
    .where(({ eb, or }) =>
      or([eb("drawnAt", "is", null), eb("drawnAt", "<=", new Date(at.getTime() - REDRAW_EVERY_MS))]),
    )
    .executeTakeFirst();
  if (numUpdatedRows === 1n) await enqueueRedraw(store, `wave:${name}`);
}
