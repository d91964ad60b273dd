import { sql } from "kysely";
import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import type { ApprovalStatement } from "./content.ts";
import { assertAskAllowed, type OpenAsk, readStatement } from "./gate-checks.ts";
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
    // A gate that was stopped in its turn keeps the others out for so long. When it wakes it is out, and finds out below.
    const patience = `${deps.turnSeconds ?? 30}s`;
    await sql`select set_config('idle_in_transaction_session_timeout', ${patience}, true),
      pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
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

/**
 * Closes what nobody holds, also while somebody holds another path: Vault has no compare-and-set for policies, so a write
 * that was delayed (by a stopped gate, by the network) may arrive after that path was opened, and in its place.
 */
async function closeUnheld(deps: KeepGateDeps, tx: Store): Promise<void> {
  const { policy, now } = deps;
  const hold = await findHold(deps, tx);
  const isOpen = await policy.isOpen(hold);
  if (isOpen) await policy.close();
  if (hold && !isOpen) return;
  await tx
    .updateTable("gateAsk")
    .set({ closedAt: now() })
    .where("kind", "=", "open")
    .where("answeredAt", "is not", null)
    .where("closedAt", "is", null)
    .execute();
  if (!isOpen) return; // the worker closed it before it died
  const because = hold ? "another path than the one held" : "unheld";
  await appendEvent(tx, now(), { kind: "gate.closed", actor: "gate", subject: "gate", content: { because } });
}

/** What may be open now; undefined: nothing, also where the rows are not what was signed. */
async function findHold({ keyring }: KeepGateDeps, tx: Store): Promise<ApprovalStatement | undefined> {
  const row = await held(tx)
    .innerJoin("migration", "migration.id", "gateAsk.migrationId")
    .innerJoin("statement", "statement.id", "migration.statementId")
    .select(["statement.bytes", "statement.signature", "statement.keyId"])
    .executeTakeFirst();
  try {
    return row && readStatement(keyring, row);
  } catch (error) {
    if (error instanceof GateRefusedError) return undefined;
    throw error;
  }
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
  let written: ApprovalStatement | null = null;
  try {
    const statement = await assertAskAllowed(deps, tx, ask);
    if (ask.kind === "open") {
      written = statement; // from here on the write may have arrived
      await policy.open(statement);
    }
    await sayYes(deps, tx, ask);
    if (ask.kind === "open") await recordOpened(deps, tx, ask, statement);
    return true;
  } catch (error) {
    if (written) await takeBack(policy, written).catch(() => {}); // the next look closes it too
    if (!(error instanceof GateRefusedError)) throw error;
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

/** Closes it, unless what is open by now is the path of a later answer. */
async function takeBack(policy: KeepGateDeps["policy"], written: ApprovalStatement): Promise<void> {
  const isAnothers = await policy.isOpen(written).catch(() => false);
  if (!isAnothers) await policy.close();
}

/**
 * Looks once more at what may have changed while Slack and Vault were asked. A gate that was stopped before its write and
 * has lost its turn meanwhile fails here, on its dead connection, and takes back what it wrote.
 * @throws {GateRefusedError}
 */
async function sayYes({ now }: KeepGateDeps, tx: Store, { id, fence, kind }: OpenAsk): Promise<void> {
  const { numUpdatedRows } = await tx
    // What was open until now was written over.
    .with("replaced", (db) =>
      db
        .updateTable("gateAsk")
        .set({ closedAt: now() })
        .where("kind", "=", "open")
        .where("id", "!=", id)
        .where("answeredAt", "is not", null)
        .where("closedAt", "is", null)
        .where(sql.lit(kind === "open"), "=", true),
    )
    .updateTable("gateAsk")
    .from("fence")
    .from("control")
    .set({ answeredAt: now() })
    .where("gateAsk.id", "=", id)
    .where("fence.number", "=", fence)
    .where("fence.deadline", ">", sql<Date>`clock_timestamp()`)
    .where("control.isPaused", "=", false)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new GateRefusedError("GATE_STALE_ASK", "paused, or the fence was lost meanwhile");
}

async function recordOpened(
  { policy, now }: KeepGateDeps,
  tx: Store,
  ask: OpenAsk,
  statement: ApprovalStatement,
): Promise<void> {
  const { requestId, statementId } = statement;
  const { seq, previousHash } = await appendEvent(tx, now(), {
    kind: "gate.opened",
    actor: "gate",
    subject: `migration:${ask.migrationId}`,
    content: { requestId, statementId, fence: ask.fence },
  });
  // One behind: should this transaction be lost, Vault must not remember an event that never was.
  await policy.writeMark({ seq: seq - 1, hash: previousHash });
}
