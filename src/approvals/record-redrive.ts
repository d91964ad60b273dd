import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";

/** Notes that an operator put a poisoned message back on the queue. If it is still poison, it is found anew. */
export async function recordRedrive(
  { store, now }: { store: Store; now: () => Date },
  { messageId, by }: { messageId: string; by: string },
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const at = now();
    await tx.updateTable("poisonedMessage").set({ redrivenAt: at }).where("messageId", "=", messageId).execute();
    await appendEvent(tx, at, { kind: "intake.redriven", actor: by, subject: `poison:${messageId}`, content: {} });
  });
}
