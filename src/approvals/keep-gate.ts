import { sql } from "kysely";
import { appendEvent } from "../audit/append-event.ts";
import { notify } from "../store/notify.ts";
import type { Store } from "../store/open-store.ts";
import type { ApprovalStatement } from "./content.ts";
import { assertAskAllowed, type OpenAsk } from "./gate-checks.ts";
import { GateRefusedError } from "./gate-errors.ts";
import type { KeepGateDeps } from "./keep-gate-deps.ts";

const LOCK = 7_206_003; // one gate writes at a time: Vault's policies have no compare-and-set

/**
 * One look at the gate: closes what no live worker holds, then answers the asks that wait. Called at every ring, every
 * 15 s and at start. Safe to call in any number of processes.
 */
export async function keepGate(deps: KeepGateDeps): Promise<void> {
  await locked(deps, (tx) => closeUnheld(deps, tx));
  const asks = await deps.store
    .selectFrom("gateAsk")
    .select("id")
    .where("answeredAt", "is", null)
    .orderBy("askedAt")
    .execute();
  for (const { id } of asks) await locked(deps, (tx) => answer(deps, tx, id));
}

/** A transaction for each step, so that the audit chain is never held while Slack or Vault is asked for the next. */
async function locked(deps: KeepGateDeps, step: (tx: Store) => Promise<void>): Promise<void> {
  await deps.store.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
    await step(tx);
  });
}

async function closeUnheld({ policy, now }: KeepGateDeps, tx: Store): Promise<void> {
  const held = await tx
    .selectFrom("gateAsk")
    .innerJoin("fence", "fence.number", "gateAsk.fence")
    .innerJoin("control", (join) => join.onTrue())
    .select("gateAsk.id")
    .where("gateAsk.kind", "=", "open")
    .where("gateAsk.answeredAt", "is not", null)
    .where("gateAsk.refusalCode", "is", null)
    .where("gateAsk.closedAt", "is", null)
    .where("fence.deadline", ">", sql<Date>`clock_timestamp()`)
    .where("control.isPaused", "=", false)
    .executeTakeFirst();
  if (held || !(await policy.isOpen())) return;
  await policy.close();
  await tx
    .updateTable("gateAsk")
    .set({ closedAt: now() })
    .where("kind", "=", "open")
    .where("answeredAt", "is not", null)
    .where("closedAt", "is", null)
    .execute();
  await appendEvent(tx, now(), { kind: "gate.closed", actor: "gate", subject: "gate", content: { because: "unheld" } });
}

async function answer(deps: KeepGateDeps, tx: Store, id: string): Promise<void> {
  const { policy, now } = deps;
  // Locked, so that a worker that gives up waiting withdraws it before this, or hears the answer.
  const ask: OpenAsk | undefined = await tx
    .selectFrom("gateAsk")
    .select(["id", "kind", "migrationId", "fence"])
    .where("id", "=", id)
    .where("answeredAt", "is", null)
    .forUpdate()
    .executeTakeFirst();
  if (!ask) return; // withdrawn, or another gate was quicker
  try {
    const statement = await assertAskAllowed(deps, tx, ask);
    await tx.updateTable("gateAsk").set({ answeredAt: now() }).where("id", "=", id).execute();
    await notify(tx, "gate_answer", id);
    if (ask.kind === "open") await open(deps, tx, ask, statement);
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
    await notify(tx, "gate_answer", id);
    await appendEvent(tx, now(), {
      kind: "gate.refused",
      actor: "gate",
      subject: `migration:${ask.migrationId}`,
      content: { code: error.code, asked: ask.kind },
    });
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
