import { ringByQueue } from "../../jobs/migrate.ts";
import { acceptEnvelope } from "../../src/approvals/accept-envelope.ts";
import { approveRequest } from "../../src/approvals/approve-request.ts";
import { PLAIN_SETTINGS, type RequestContent } from "../../src/approvals/content.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { retryMigration } from "../../src/approvals/retry-migration.ts";
import { sendRequest } from "../../src/approvals/send-request.ts";
import { setPaused } from "../../src/approvals/set-paused.ts";
import { takeOverTarget } from "../../src/approvals/take-over-target.ts";
import { APPROVER, type ChaosWorld, ENGINEER } from "./chaos-world.ts";
import { actOf, type Item, note } from "./item.ts";
import type { Ringing } from "./plan.ts";
import { shapeOf } from "./targets.ts";

/** Asks and approves, as the Slack form and the card do. @param beforeTheRun What happens between the two and the ring. */
export async function orderMove(world: ChaosWorld, item: Item, beforeTheRun: () => Promise<void>): Promise<void> {
  const { store, signer, now, newId } = world.decide;
  const content: RequestContent = {
    ...{ source: item.source, target: item.target, shape: shapeOf(item.plan), olderVersions: item.plan.olderVersions },
    ...{ settings: PLAIN_SETTINGS, adopt: null, notBefore: null },
    tags: { "owner-team": "team-a" },
    reason: "The service moves to AWS",
    requester: ENGINEER,
  };
  const sent = await sendRequest({ store, signer, now, newId }, { content, replaces: null });
  item.requestIds.push(await takeIn(world, sent));
  await approve(world, item, 1, beforeTheRun);
}

/**
 * After a move that met somebody else's target: asks to take it over as it was met. The approvers are asked again.
 * @param version Of the request, as the card shows it.
 */
export async function takeOver(world: ChaosWorld, item: Item, version: number): Promise<void> {
  const { store, decide } = world;
  const requestId = item.requestIds.at(-1) ?? "";
  const { comparison } = await store
    .selectFrom("migration")
    .select("comparison")
    .where("requestId", "=", requestId)
    .orderBy("attempt", "desc")
    .limit(1)
    .executeTakeFirstOrThrow();
  if (comparison === null) throw new TypeError("a conflict was noted");
  const { arn, versionId, isTombstone } = comparison;
  const wish = { requestId, version, by: ENGINEER, seen: { arn, versionId, isTombstone } };
  await takeIn(world, await takeOverTarget(decide, wish));
  item.retries += 1;
  note(item, `${requestId}: asks to take over ${isTombstone ? "what is scheduled for deletion" : "the target"}`);
}

/** The envelope's way from the bot through the queue. @returns The request's id. */
async function takeIn({ store, decide }: ChaosWorld, { envelopeId }: { envelopeId: string }): Promise<string> {
  const { detail } = await store
    .selectFrom("outbox")
    .select("detail")
    .where("subject", "=", `envelope:${envelopeId}`)
    .executeTakeFirstOrThrow();
  const signed = { bytes: String(detail.bytes), signature: String(detail.signature), keyId: String(detail.keyId) };
  const { keyring, now } = decide;
  return (await acceptEnvelope({ store, keyring, now, rules: { expireAfterHours: 72 } }, signed)).requestId;
}

export async function approve(
  world: ChaosWorld,
  item: Item,
  version: number,
  beforeTheRun = async (): Promise<void> => {},
): Promise<void> {
  const requestId = item.requestIds.at(-1) ?? "";
  const { migrationId } = await approveRequest(world.decide, { requestId, version, by: APPROVER });
  note(item, `${requestId} approved in version ${version}: migration ${migrationId}`);
  const { attempt } = await world.store
    .selectFrom("migration")
    .select("attempt")
    .where("id", "=", migrationId)
    .executeTakeFirstOrThrow();
  await beforeTheRun();
  await ring(world, item, migrationId, attempt);
}

export async function retry(world: ChaosWorld, item: Item, because: string): Promise<void> {
  const requestId = item.requestIds.at(-1) ?? "";
  const { migrationId, attempt } = await retryMigration(world.decide, { requestId, by: ENGINEER });
  item.retries += 1;
  note(item, `failed (${because}), retried: migration ${migrationId}`);
  await ring(world, item, migrationId, attempt);
}

export async function undo(world: ChaosWorld, item: Item): Promise<void> {
  const requestId = item.requestIds.at(-1) ?? "";
  const { migrationId } = await orderUndo(world.decide, { requestId, by: APPROVER });
  note(item, `undo ordered: migration ${migrationId}`);
  const { attempt } = await world.store
    .selectFrom("migration")
    .select("attempt")
    .where("id", "=", migrationId)
    .executeTakeFirstOrThrow();
  await ring(world, item, migrationId, attempt);
}

/** After some failures the engine stops the whole run until an operator has looked. @returns Whether one had to. */
export async function resumeStopped({ store }: ChaosWorld): Promise<boolean> {
  const { isPaused, changedBy } = await store
    .selectFrom("control")
    .select(["isPaused", "changedBy"])
    .executeTakeFirstOrThrow();
  if (!isPaused || changedBy !== "worker") return false;
  await setPaused(store, { isPaused: false, by: APPROVER, reason: "looked at", at: new Date() });
  return true;
}

const RINGS: Readonly<Record<Ringing, number>> = { once: 1, thrice: 3, never: 0, "behind others": 1 };

/** As the schedule says: also not at all, doubled under other names, or behind rings that mean nothing any more. */
async function ring({ queues, store }: ChaosWorld, item: Item, migrationId: string, attempt: number): Promise<void> {
  const ringing = actOf(item)?.ringing ?? "once";
  const ringMigration = ringByQueue(queues);
  if (ringing === "behind others") {
    const others = await store
      .selectFrom("migration")
      .select(["id", "attempt"])
      .orderBy("createdAt", "desc")
      .limit(3)
      .execute();
    for (const other of others) await ringMigration(other.id, other.attempt + 100);
  }
  for (let count = 0; count < RINGS[ringing]; count += 1) await ringMigration(migrationId, attempt + 100 * count);
}
