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
  await deps.store.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
    await closeUnheld(deps, tx);
    const asks = await tx
      .selectFrom("gateAsk")
      .select(["id", "kind", "migrationId", "fence"])
      .where("answeredAt", "is", null)
      .orderBy("askedAt")
      .execute();
    for (const ask of asks) await answer(deps, tx, ask);
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

async function answer(deps: KeepGateDeps, tx: Store, ask: OpenAsk): Promise<void> {
  const { policy, now } = deps;
  try {
    const statement = await assertAskAllowed(deps, tx, ask);
    if (ask.kind === "open") await open(deps, tx, ask, statement);
    await tx.updateTable("gateAsk").set({ answeredAt: now() }).where("id", "=", ask.id).execute();
  } catch (error) {
    if (!(error instanceof GateRefusedError)) {
      if (ask.kind === "open") await policy.close().catch(() => {}); // the write may have arrived; the next look closes too
      throw error;
    }
    await tx
      .updateTable("gateAsk")
      .set({ answeredAt: now(), refusalCode: error.code, refusalText: error.userMessage, closedAt: now() })
      .where("id", "=", ask.id)
      .execute();
    await appendEvent(tx, now(), {
      kind: "gate.refused",
      actor: "gate",
      subject: `migration:${ask.migrationId}`,
      content: { code: error.code, asked: ask.kind },
    });
  }
  await notify(tx, "gate_answer", ask.id);
}

async function open(
  { policy, now }: KeepGateDeps,
  tx: Store,
  ask: OpenAsk,
  statement: ApprovalStatement,
): Promise<void> {
  const { requestId, statementId, source } = statement;
  const { seq } = await appendEvent(tx, now(), {
    kind: "gate.opened",
    actor: "gate",
    subject: `migration:${ask.migrationId}`,
    content: { requestId, statementId, fence: ask.fence },
  });
  await policy.open({ source, requestId });
  // One behind: should this transaction be lost, Vault must not remember an event that never was.
  await policy.writeMark(seq - 1);
}
