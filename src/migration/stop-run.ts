import { sql } from "kysely";
import { notify } from "../store/notify.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { causeFor } from "./causes.ts";
import type { MigrationRow } from "./load-order.ts";

/** @returns Why nothing more may move until an operator has looked; null if the failure is of one secret alone. */
export async function stopReason(tx: Store, code: string): Promise<string | null> {
  const { does, stopsAfter } = causeFor(code);
  if (does === "stop") return `${code}: the next secret would meet the same`;
  if (!Number.isFinite(stopsAfter)) return null;
  const { count } = await tx
    .selectFrom("migration")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("state", "=", "failed")
    .where("causeCode", "=", code)
    .where("finishedAt", ">", sql<Date>`clock_timestamp() - interval '1 hour'`)
    // What failed before the last resume was looked at.
    .where("finishedAt", ">", ({ selectFrom }) =>
      selectFrom("control").select(sql<Date>`coalesce(changed_at, '-infinity')`.as("changedAt")),
    )
    .executeTakeFirstOrThrow();
  return Number(count) >= stopsAfter ? `${code}: ${count} times within an hour` : null;
}

/** @returns False if somebody had paused it before. */
export async function pauseRun(
  tx: Store,
  { reason, row, code, at }: { reason: string; row: MigrationRow; code: string; at: Date },
): Promise<boolean> {
  const paused = await tx
    .updateTable("control")
    .set({ isPaused: true, changedBy: "worker", reason, changedAt: at })
    .where("id", "=", 1)
    .where("isPaused", "=", false)
    .returning("id")
    .executeTakeFirst();
  if (!paused) return false;
  await notify(tx, "control", "paused");
  await enqueueDelivery(tx, {
    kind: "notice",
    subject: `control:${row.id}`,
    detail: { event: "stopped", code, reason, requestId: row.requestId },
  });
  return true;
}
