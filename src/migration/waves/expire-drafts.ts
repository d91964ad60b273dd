import { appendEvent } from "../../audit/append-event.ts";
import { enqueueDelivery, enqueueRedraw } from "../../store/outbox.ts";
import type { WaveDeps } from "./wave-deps.ts";

/** Few at a time: the audit chain stays locked until the transaction ends. */
const AT_ONCE = 20;

/** Ends drafts that nobody sent in the time that a request waits for its decision. Their requesters hear of it. */
export async function expireDrafts({
  store,
  now,
  expireAfterHours,
}: Pick<WaveDeps, "store" | "now" | "expireAfterHours">): Promise<void> {
  const at = now();
  const madeBefore = new Date(at.getTime() - expireAfterHours * 3_600_000);
  const due = store.selectFrom("wave").select("name").where("state", "=", "draft").where("createdAt", "<=", madeBefore);
  if (!(await due.limit(1).executeTakeFirst())) return; // nearly always
  await store.transaction().execute(async (tx) => {
    const names = await tx
      .updateTable("wave")
      .set({ state: "expired", changedAt: at })
      .where("state", "=", "draft") // its requester may be sending it this moment
      .where("name", "in", due.orderBy("createdAt").limit(AT_ONCE))
      .returning("name")
      .execute();
    for (const { name } of names) {
      await enqueueRedraw(tx, `wave:${name}`);
      const detail = { event: "draft-expired", hours: expireAfterHours };
      await enqueueDelivery(tx, { kind: "notice", subject: `wave:${name}`, detail });
    }
    for (const { name } of names) {
      const content = { expireAfterHours };
      await appendEvent(tx, at, { kind: "wave.expired", actor: "glovebox", subject: `wave:${name}`, content });
    }
  });
}
