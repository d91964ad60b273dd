import { sql } from "kysely";
import { appendEvent } from "../audit/append-event.ts";
import { notify } from "../store/notify.ts";
import type { Store } from "../store/open-store.ts";

/** Shuts the gate and stops pick-up, or lets both go on. What runs is not lost: it stops cleanly and goes on afterwards. */
export async function setPaused(
  store: Store,
  { isPaused, by, reason, at }: { isPaused: boolean; by: string; reason: string; at: Date },
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    await tx
      .updateTable("control")
      .set({ isPaused, changedBy: by, reason, changedAt: at })
      .where("id", "=", 1)
      .execute();
    if (!isPaused) await letGoOn(tx);
    await notify(tx, "control", isPaused ? "paused" : "resumed");
    const kind = isPaused ? "control.paused" : "control.resumed";
    await appendEvent(tx, at, { kind, actor: by, subject: "control", content: { reason } });
  });
}

/** What the pause made wait need not wait for its next attempt. */
async function letGoOn(tx: Store): Promise<void> {
  await tx
    .updateTable("migration")
    .set({ dueAt: sql<Date>`clock_timestamp()` })
    .where("causeCode", "=", "GATE_PAUSED")
    .where("dueAt", "is not", null)
    .execute();
}
