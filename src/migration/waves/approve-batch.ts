import { z } from "zod";
import { NotAllowedError, OwnRequestError } from "../../approvals/errors.ts";
import { readSigned, SignatureRefusedError } from "../../approvals/read-signed.ts";
import { appendEvent } from "../../audit/append-event.ts";
import type { Keyring } from "../../audit/signing.ts";
import { enqueueRedraw } from "../../store/outbox.ts";
import { hasLooked } from "./look-at-sample.ts";
import { listWaiting } from "./waiting-items.ts";
import type { WaveDeps } from "./wave-deps.ts";
import { BatchChangedError, BatchNotWaitingError, LookFirstError } from "./wave-errors.ts";
import { batchId } from "./wave-name.ts";
import { type BatchKey, type BatchRow, findBatch, findWave, lockBatch, setBatch } from "./wave-rows.ts";

/**
 * An approver's yes to a batch, as the bot signs it at the click: to these requests in these versions and to no others.
 * What is signed afterwards, request by request, is signed because of these bytes, and never because of a row.
 */
const BatchDecision = z.strictObject({
  v: z.literal(1),
  wave: z.string().min(1),
  number: z.number().int().min(1),
  version: z.number().int().min(1),
  by: z.string().min(1),
  requests: z.array(z.strictObject({ requestId: z.string().min(1), version: z.number().int().min(1) })).min(1),
  decidedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
export type BatchDecision = z.output<typeof BatchDecision>;

export interface BatchClick extends BatchKey {
  /** What the button was drawn with. */
  readonly version: number;
  /** Slack user id. */
  readonly by: string;
}

/** Signing five hundred statements takes seconds; a yes that waited longer than this for it is asked for again. */
const CARRY_OUT_WITHIN_MS = 3_600_000;

/**
 * Records an approver's yes to a batch. Its requests are approved one by one by {@link carryOutApproval}.
 * @throws {WaveUnknownError} {NotAllowedError} {OwnRequestError} {BatchNotWaitingError} {BatchChangedError}
 * @throws {LookFirstError} This person has not looked at the sample of this version.
 */
export async function approveBatch(deps: WaveDeps, click: BatchClick): Promise<void> {
  const { store, signer, now } = deps;
  await assertMayDecide(deps, click, "approve");
  await store.transaction().execute(async (tx) => {
    const batch = await lockBatch(tx, click);
    assertWaits(batch, click);
    const waiting = await listWaiting(tx, batch);
    if (waiting.length === 0) throw new BatchNotWaitingError("ended", null);
    if (!(await hasLooked(tx, batch, click.by, waiting.length))) throw new LookFirstError();
    const at = now();
    const { wave, number, version } = batch;
    const requests = waiting.map(({ requestId, version }) => ({ requestId, version }));
    const decision = signer.sign(
      "wave-batch",
      BatchDecision.parse({
        ...{ v: 1, wave, number, version, by: click.by, requests, decidedAt: at.toISOString() },
        expiresAt: new Date(at.getTime() + CARRY_OUT_WITHIN_MS).toISOString(),
      }),
    );
    await setBatch(tx, batch, at, {
      ...{ state: "approving", decidedBy: click.by, decidedAt: at, decision: decision.bytes },
      ...{ decisionSignature: decision.signature, decisionKeyId: decision.keyId },
    });
    await enqueueRedraw(tx, `wave-batch:${batchId(batch)}`);
    const content = { number, version, requestCount: requests.length, sampleSeed: batch.sampleSeed };
    await appendEvent(tx, at, { kind: "wave.batch-approved", actor: click.by, subject: `wave:${wave}`, content });
  });
}

/** Asks the directory now, before any lock is held. @throws {WaveUnknownError} {NotAllowedError} {OwnRequestError} */
export async function assertMayDecide(
  { store, membership, rules }: Pick<WaveDeps, "store" | "membership" | "rules">,
  { wave, number, by }: BatchClick,
  verb: string,
): Promise<void> {
  await findBatch(store, { wave, number });
  const { requester } = await findWave(store, wave);
  if (requester === by) throw new OwnRequestError("decide it");
  if (await membership.isMember(rules.approvers, by)) return;
  throw new NotAllowedError(`${verb} batch ${number} of ${wave}`, rules.approvers);
}

/** @throws {BatchNotWaitingError} {BatchChangedError} */
export function assertWaits(batch: BatchRow, { version }: Pick<BatchClick, "version">): void {
  if (batch.state !== "waiting") throw new BatchNotWaitingError(batch.state, batch.decidedBy);
  if (batch.version !== version) throw new BatchChangedError();
}

/** @throws {SignatureRefusedError} The row says yes, and nobody signed it. */
export function readBatchDecision(keyring: Keyring, batch: BatchRow): BatchDecision {
  const { decision: bytes, decisionSignature: signature, decisionKeyId: keyId } = batch;
  if (bytes === null || signature === null || keyId === null) throw new SignatureRefusedError("wave-batch");
  const decision = readSigned(keyring, "wave-batch", { bytes, signature, keyId }, BatchDecision);
  const isOfBatch = decision.wave === batch.wave && decision.number === batch.number;
  if (!isOfBatch || decision.version !== batch.version) throw new SignatureRefusedError("wave-batch");
  return decision;
}
