import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";

export interface PoisonFacts {
  readonly messageId: string;
  readonly reason: string;
  readonly sizeBytes: number;
}

/** Notes a message that can't be read, and shows it to support. What it holds is not kept: it may be anything. */
export async function recordPoison(
  { store, now }: { store: Store; now: () => Date },
  { messageId, reason, sizeBytes }: PoisonFacts,
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const at = now();
    const isNew = await tx
      .insertInto("poisonedMessage")
      .values({ messageId, reason, sizeBytes, foundAt: at })
      .onConflict((conflict) => conflict.column("messageId").doNothing())
      .returning("messageId")
      .executeTakeFirst();
    if (!isNew) return;
    const subject = `poison:${messageId}`;
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "poisoned", reason, sizeBytes } });
    await appendEvent(tx, at, { kind: "intake.poisoned", actor: "intake", subject, content: { reason, sizeBytes } });
  });
}
