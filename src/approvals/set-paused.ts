import { appendEvent } from "../audit/append-event.ts";
import { notify } from "../store/notify.ts";
import type { Store } from "../store/open-store.ts";

/** Shuts the gate and stops pick-up, or lets both go on. What runs is not lost: it fails cleanly and can be retried. */
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
    await notify(tx, "control", isPaused ? "paused" : "resumed");
    const kind = isPaused ? "control.paused" : "control.resumed";
    await appendEvent(tx, at, { kind, actor: by, subject: "control", content: { reason } });
  });
}
