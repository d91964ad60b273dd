import { sql } from "kysely";
import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import type { ApprovalStatement } from "./content.ts";
import { assertAskAllowed, type OpenAsk } from "./gate-checks.ts";
import { GateRefusedError } from "./gate-errors.ts";
import type { KeepGateDeps } from "./keep-gate-deps.ts";

const LOCK = 7_206_003; // one gate writes at a time: Vault's policies have no compare-and-set

/**
 * One look at the gate: closes what no live worker holds, and answers the asks that wait. Called at every ring, every
 * 15 s and at start. Safe to call in any number of processes.
 */
export async function keepGate(deps: KeepGateDeps): Promise<void> {
  if (await isLeftOpen(deps.store)) await locked(deps, (tx) => closeUnheld(deps, tx));
  let isGranted = false;
  try {
    for (const id of await listWaiting(deps.store)) {
      isGranted = (await locked(deps, (tx) => answer(deps, tx, id))) || isGranted;
    }
  } finally {
    // Vault itself is looked at where nothing was granted: granting writes the policy anew, whatever stood there.
    if (!isGranted) await locked(deps, (tx) => closeUnheld(deps, tx));
  }
}

async function listWaiting(store: Store): Promise<string[]> {
  const asks = await store
    .selectFrom("gateAsk")
    .select("id")
    .where("answeredAt", "is", null)
    .orderBy("askedAt")
    .execute();
  return asks.map(({ id }) => id);
}

/** A transaction for each step, so that the audit chain is never held while Slack or Vault is asked for the next. */
async function locked<T>(deps: KeepGateDeps, step: (tx: Store) => Promise<T>): Promise<T> {
  return deps.store.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
    return step(tx);
  });
}

/** True if our own rows say that a path was opened and not closed, and that nobody may hold it open any more. */
async function isLeftOpen(store: Store): Promise<boolean> {
  const left = await granted(store)
    .where(({ not, exists }) => not(exists(held(store))))
    .executeTakeFirst();
  return left !== undefined;
}

const granted = (store: Store) =>
  store
    .selectFrom("gateAsk")
    .select("gateAsk.id")
    .where("gateAsk.kind", "=", "open")
    .where("gateAsk.answeredAt", "is not", null)
    .where("gateAsk.refusalCode", "is", null)
    .where("gateAsk.closedAt", "is", null);

/** Granted to a worker whose fence lives, while nothing is paused. */
const held = (store: Store) =>
  granted(store)
    .innerJoin("fence", "fence.number", "gateAsk.fence")
    .innerJoin("control", (join) => join.onTrue())
    .where("fence.deadline", ">", sql<Date>`clock_timestamp()`)
    .where("control.isPaused", "=", false);

async function closeUnheld({ policy, now }: KeepGateDeps, tx: Store): Promise<void> {
  if (await held(tx).executeTakeFirst()) return;
  const isOpen = await policy.isOpen();
  if (isOpen) await policy.close();
  await tx
    .updateTable("gateAsk")
    .set({ closedAt: now() })
    .where("kind", "=", "open")
    .where("answeredAt", "is not", null)
    .where("closedAt", "is", null)
    .execute();
  if (!isOpen) return; // the worker closed it before it died
  await appendEvent(tx, now(), { kind: "gate.closed", actor: "gate", subject: "gate", content: { because: "unheld" } });
}

/** @returns True if the answer is yes. */
async function answer(deps: KeepGateDeps, tx: Store, id: string): Promise<boolean> {
  const { policy, now } = deps;
  // Locked, so that a worker that gives up waiting withdraws it before this, or hears the answer.
  const ask: OpenAsk | undefined = await tx
    .selectFrom("gateAsk")
    .select(["id", "kind", "migrationId", "fence"])
    .where("id", "=", id)
    .where("answeredAt", "is", null)
    .forUpdate()
    .executeTakeFirst();
  if (!ask) return false; // withdrawn, or another gate was quicker
  try {
    const statement = await assertAskAllowed(deps, tx, ask);
    await tx.updateTable("gateAsk").set({ answeredAt: now() }).where("id", "=", id).execute();
    if (ask.kind === "open") await open(deps, tx, ask, statement);
    return true;
  } catch (error) {
    if (!(error instanceof GateRefusedError)) {
      if (ask.kind === "open") await policy.close().catch(() => {}); // the write may have arrived; the next look closes too
      throw error;
    }
    await tx
      .updateTable("gateAsk")
      .set({ answeredAt: now(), refusalCode: error.code, refusalText: error.userMessage, closedAt: now() })
      .where("id", "=", id)
      .execute();
    await appendEvent(tx, now(), {
      kind: "gate.refused",
      actor: "gate",
      subject: `migration:${ask.migrationId}`,
      content: { code: error.code, asked: ask.kind },
    });
    return false;
  }
}

async function open(
  { policy, now }: KeepGateDeps,
  tx: Store,
  ask: OpenAsk,
  statement: ApprovalStatement,
): Promise<void> {
  const { requestId, statementId, source } = statement;
  await policy.open({ source, requestId });
  const { seq, previousHash } = await appendEvent(tx, now(), {
    kind: "gate.opened",
    actor: "gate",
    subject: `migration:${ask.migrationId}`,
    content: { requestId, statementId, fence: ask.fence },
  });
  // One behind: should this transaction be lost, Vault must not remember an event that never was.
  await policy.writeMark({ seq: seq - 1, hash: previousHash });
}
