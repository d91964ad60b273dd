import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery, enqueueRedraw } from "../store/outbox.ts";

/** Few at a time: the audit chain stays locked until the transaction ends. */
const BATCH = 50;

/** Ends the wait of requests that nobody decided in time. @returns Their ids. */
export async function expireRequests({ store, now }: { store: Store; now: () => Date }): Promise<string[]> {
  return store.transaction().execute(async (tx) => {
    const at = now();
    const due = await tx
      .selectFrom("request")
      .select(["id", "version", "expiresAt"])
      .where("status", "=", "waiting")
      .where("expiresAt", "<=", at)
      .orderBy("expiresAt")
      .limit(BATCH)
      .forUpdate()
      .skipLocked() // somebody is deciding it this moment
      .execute();
    for (const { id, expiresAt } of due) {
      await tx.updateTable("request").set({ status: "expired", changedAt: at }).where("id", "=", id).execute();
      const subject = `request:${id}`;
      await enqueueRedraw(tx, subject);
      await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "expired", at: expiresAt.toISOString() } });
    }
    for (const { id, version, expiresAt } of due) {
      const content = { version, expiresAt: expiresAt.toISOString() };
      await appendEvent(tx, at, { kind: "request.expired", actor: "glovebox", subject: `request:${id}`, content });
    }
    return due.map(({ id }) => id);
  });
}
