import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { ringByQueue } from "../../jobs/migrate.ts";
import { acceptEnvelope } from "../../src/approvals/accept-envelope.ts";
import { approveRequest } from "../../src/approvals/approve-request.ts";
import { PLAIN_SETTINGS, type RequestContent } from "../../src/approvals/content.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { retryMigration } from "../../src/approvals/retry-migration.ts";
import { sendRequest } from "../../src/approvals/send-request.ts";
import { setPaused } from "../../src/approvals/set-paused.ts";
import { ACCOUNT, APPROVER, type ChaosWorld, ENGINEER, REGION } from "./chaos-world.ts";
import { actOf, type Item, note } from "./item.ts";
import type { MigrationPlan, Ringing } from "./plan.ts";
import type { Planted } from "./planted-values.ts";

/** Puts the secret into Vault, and somebody else's into AWS where the plan says so. */
export async function plantItem(world: ChaosWorld, plan: MigrationPlan, planted: Planted): Promise<Item> {
  const { engine } = plan;
  const path = `team-${plan.index % 7}/app-${plan.index}/prod`;
  const { path: mount, accessor } = world.mounts[engine];
  const item: Item = {
    plan,
    source: { namespace: "", mount, mountAccessor: accessor, engine, path },
    target: { accountId: ACCOUNT, region: REGION, name: `${world.prefix}/${path}`, kmsKeyId: null },
    ...{ values: [], requestIds: [], actsEnded: 0, struck: 0, retries: 0, history: [], stuck: null, lastSeen: "" },
    ...{ expected: { is: "absent" }, before: { is: "absent" }, isSettled: false, movedAt: performance.now() },
  };
  await putNext(world, item, planted);
  if (plan.target === "foreign") {
    const text = planted.text(`foreign ${plan.index}`);
    await world.aws.send(new CreateSecretCommand({ Name: item.target.name, SecretString: text }));
    item.expected = { is: "foreign", text };
  }
  await world.store
    .insertInto("entry")
    .values({ ...item.source, ...catalogued(item), versions: "[]", customMetadata: "{}", seenAt: new Date() })
    .execute();
  return item;
}

const catalogued = ({ source, values }: Item) => ({
  currentVersion: source.engine === "kv-v2" ? values.length : null,
});

/** What the crawl, or a look at the card, learns of Vault's version. */
export async function catalogue({ store }: ChaosWorld, item: Item): Promise<void> {
  const { mount, path } = item.source;
  await store.updateTable("entry").set(catalogued(item)).where("mount", "=", mount).where("path", "=", path).execute();
}

/** A value that is nowhere else, as Vault's next version. */
export async function putNext({ vault }: ChaosWorld, item: Item, planted: Planted): Promise<void> {
  const { mount, path, engine } = item.source;
  const value = planted.document(`${path} version ${item.values.length + 1}`);
  const [where, body] =
    engine === "kv-v2"
      ? [`${mount}/data/${path}`, { data: JSON.parse(value) }]
      : [`${mount}/${path}`, JSON.parse(value)];
  await vault("POST", where, body);
  item.values.push(value);
}

/** Asks and approves, as the Slack form and the card do. @param beforeTheRun What happens between the two and the ring. */
export async function orderMove(world: ChaosWorld, item: Item, beforeTheRun: () => Promise<void>): Promise<void> {
  const { store, decide } = world;
  const { signer, keyring, now, newId } = decide;
  const content: RequestContent = {
    source: item.source,
    target: item.target,
    shape: item.plan.shape === "single" ? { kind: "single", key: "password", encoding: "text" } : { kind: "document" },
    ...{ olderVersions: 0, settings: PLAIN_SETTINGS, adopt: null, notBefore: null },
    tags: { "owner-team": "team-a" },
    reason: "The service moves to AWS",
    requester: ENGINEER,
  };
  const { envelopeId } = await sendRequest({ store, signer, now, newId }, { content, replaces: null });
  const { detail } = await store
    .selectFrom("outbox")
    .select("detail")
    .where("subject", "=", `envelope:${envelopeId}`)
    .executeTakeFirstOrThrow();
  const signed = { bytes: String(detail.bytes), signature: String(detail.signature), keyId: String(detail.keyId) };
  const accepted = await acceptEnvelope({ store, keyring, now, rules: { expireAfterHours: 72 } }, signed);
  item.requestIds.push(accepted.requestId);
  await approve(world, item, 1, beforeTheRun);
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
