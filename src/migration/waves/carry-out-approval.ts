import { approveAsserted } from "../../approvals/approve-request.ts";
import { appendEvent } from "../../audit/append-event.ts";
import { GloveboxError } from "../../errors.ts";
import { enqueueDelivery, enqueueRedraw } from "../../store/outbox.ts";
import { type BatchDecision, readBatchDecision } from "./approve-batch.ts";
import { listWaiting, type WaitingItem } from "./waiting-items.ts";
import type { WaveDeps } from "./wave-deps.ts";
import { batchId } from "./wave-name.ts";
import { type BatchRow, leaveBatch, setBatch } from "./wave-rows.ts";

/** How a request's receipt says that its approver decided on a batch, after a look at a sample. */
const BATCH_RULE = "-batch";

/**
 * Approves the requests of a batch that was said yes to, each in a transaction of its own with a signed statement of its
 * own. Safe to call again after a crash anywhere. What can't be approved as the approver saw it goes its own way.
 * @throws {SignatureRefusedError} Nobody signed this yes.
 * @throws What may pass by itself: a store that is down. The rest follows at the next call.
 */
export async function carryOutApproval(deps: WaveDeps, batch: BatchRow): Promise<void> {
  const decision = readBatchDecision(deps.keyring, batch);
  const isLate = decision.expiresAt <= deps.now().toISOString();
  // Whoever left the group since must not go on deciding.
  if (isLate || !(await deps.membership.isMember(deps.rules.approvers, decision.by))) {
    return askBatchAgain(deps, batch, isLate ? "late" : "approver-gone");
  }
  const versionOf = new Map(decision.requests.map(({ requestId, version }) => [requestId, version]));
  for (const item of await listWaiting(deps.store, batch)) {
    if (versionOf.get(item.requestId) === item.version) await approveItem(deps, decision, item);
  }
  await finishApproval(deps, batch, decision);
}

async function approveItem(deps: WaveDeps, { by }: BatchDecision, item: WaitingItem): Promise<void> {
  const { requestId, version, entryId, envelopeId } = item;
  await deps.lookAgain(entryId);
  try {
    const rules = { ...deps.rules, rule: `${deps.rules.rule}${BATCH_RULE}` };
    await approveAsserted({ ...deps, rules }, { requestId, version, by }, { isHeld: true });
  } catch (error) {
    if (!(error instanceof GloveboxError) || error.retryable) throw error;
    if (await isApproved(deps, item)) return; // by this very yes, in another process
    await deps.store.transaction().execute(async (tx) => {
      await leaveBatch(tx, envelopeId, { code: error.code, text: error.userMessage, at: deps.now() });
      await enqueueRedraw(tx, `request:${requestId}`); // a card of its own
    });
  }
}

async function isApproved({ store }: WaveDeps, { requestId, version }: WaitingItem): Promise<boolean> {
  const statement = await store
    .selectFrom("statement")
    .select("id")
    .where("requestId", "=", requestId)
    .where("requestVersion", "=", version)
    .executeTakeFirst();
  return statement !== undefined;
}

async function finishApproval({ store, now }: WaveDeps, batch: BatchRow, { by }: BatchDecision): Promise<void> {
  await store.transaction().execute(async (tx) => {
    await setBatch(tx, batch, now(), { state: "approved" });
    await enqueueRedraw(tx, `wave-batch:${batchId(batch)}`);
    await enqueueRedraw(tx, `wave:${batch.wave}`);
    const detail = { event: "batch-approved", number: batch.number, by };
    await enqueueDelivery(tx, { kind: "notice", subject: `wave:${batch.wave}`, detail });
  });
}

/**
 * Puts what still waits of a batch before the approvers again, as its next version: it needs a new look and a new yes.
 * @param because `late`, `approver-gone` or `approval-expired`.
 */
export async function askBatchAgain(
  { store, now, newSeed }: WaveDeps,
  batch: BatchRow,
  because: string,
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const at = now();
    const [version, sampleSeed] = [batch.version + 1, newSeed()];
    await setBatch(tx, batch, at, {
      ...{ state: "waiting", version, sampleSeed, askedAt: at, decidedBy: null, decidedAt: null },
      ...{ decision: null, decisionSignature: null, decisionKeyId: null },
    });
    await enqueueRedraw(tx, `wave-batch:${batchId(batch)}`);
    await enqueueRedraw(tx, `wave:${batch.wave}`);
    const { wave, number } = batch;
    const subject = `wave:${wave}`;
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "batch-asked-again", number, because } });
    const content = { number, version, because, sampleSeed };
    await appendEvent(tx, at, { kind: "wave.batch-asked-again", actor: "glovebox", subject, content });
  });
}
