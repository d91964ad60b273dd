import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import type { GateQuestion } from "./ask-gate.ts";
import type { AskFacts } from "./gate-session.ts";

/** What a gate's look sees of one ask, for the worker that asks itself: one statement, so that all of it is true at once. */
export async function readOwnFacts(store: Store, question: GateQuestion, anHourAgo: Date): Promise<AskFacts> {
  const { kind, migrationId, fence } = question;
  const facts = await store
    .selectFrom("control")
    .leftJoin("fence", (join) =>
      join.on("fence.number", "=", fence).on("fence.deadline", ">", sql<Date>`clock_timestamp()`),
    )
    .leftJoin("migration", (join) => join.on("migration.id", "=", migrationId))
    .leftJoin("statement", "statement.id", "migration.statementId")
    .leftJoin("request", "request.id", "migration.requestId")
    .select(["control.isPaused", "fence.number as heldFence", sql<Date>`clock_timestamp()`.as("databaseNow")])
    .select(["statement.id as statementId", "statement.bytes", "statement.signature", "statement.keyId"])
    .select(["migration.requestId", "request.status as requestStatus", "request.version as requestVersion"])
    .select(({ or, exists, selectFrom }) => [
      or([
        exists(
          selectFrom("finishedStatement")
            .select("finishedStatement.migrationId")
            .whereRef("finishedStatement.statementId", "=", "statement.id"),
        ),
        exists(
          selectFrom("auditEvent")
            .select("auditEvent.seq")
            .where("auditEvent.kind", "=", "migration.done")
            .where(sql`content::jsonb ->> 'statementId'`, "=", sql`statement.id::text`),
        ),
      ]).as("isFinished"),
      selectFrom("gateAsk")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("gateAsk.kind", "=", "open")
        .where("gateAsk.refusalCode", "is", null)
        .where("gateAsk.answeredAt", ">", anHourAgo)
        .as("openedSince"),
    ])
    .executeTakeFirstOrThrow();
  return {
    ...facts,
    isFinished: facts.isFinished === true,
    openedSince: kind === "open" ? facts.openedSince : null,
    newestHashes: null, // the mark is for the gate's identity alone to read
  };
}
