import { sql } from "kysely";
import { looksLikeSecret } from "../approvals/looks-like-secret.ts";
import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueRedraw } from "../store/outbox.ts";
import { BadTopicError } from "./errors.ts";

export interface NewCase {
  /** Fixed words with an id or a refusal's code, made by us: never what a person typed. */
  readonly topic: string;
  /** Slack user id. */
  readonly openedBy: string;
  readonly requestId: string | null;
  /** null with a request: the secret is the request's. */
  readonly entryId: number | null;
}

const TOPIC = /^[A-Za-z0-9][A-Za-z0-9 .,:'_-]{0,119}$/;

/**
 * Opens a case, whose card with the secret's live state becomes a thread in the support channel. Who asks the same
 * again while the case is not resolved gets the same case.
 * @throws {BadTopicError} The topic is not one of ours; nothing was stored.
 */
export async function openCase(
  { store, now }: { store: Store; now: () => Date },
  { topic, openedBy, requestId, entryId }: NewCase,
): Promise<{ caseId: string }> {
  if (!TOPIC.test(topic) || looksLikeSecret(topic)) throw new BadTopicError();
  return store.transaction().execute(async (tx) => {
    // Two clicks at once: the second waits here and then finds the first one's case.
    await sql`select pg_advisory_xact_lock(hashtext(${`case ${openedBy}`}))`.execute(tx);
    const open = await tx
      .selectFrom("supportCase")
      .select("id")
      .where("openedBy", "=", openedBy)
      .where("topic", "=", topic)
      .where("requestId", "is not distinct from", requestId)
      .where("status", "!=", "resolved")
      .executeTakeFirst();
    if (open) return { caseId: open.id };
    const at = now();
    const { id: caseId } = await tx
      .insertInto("supportCase")
      .values({
        id: sql<string>`'CS-' || nextval('support_case_number')`,
        entryId: entryId ?? (requestId === null ? null : await entryOf(tx, requestId)),
        requestId,
        topic,
        openedBy,
        openedAt: at,
        status: "open",
        changedAt: at,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const subject = `case:${caseId}`;
    await enqueueRedraw(tx, subject);
    await appendEvent(tx, at, { kind: "case.opened", actor: openedBy, subject, content: { topic, requestId } });
    return { caseId };
  });
}

async function entryOf(tx: Store, requestId: string): Promise<number | null> {
  const row = await tx.selectFrom("request").select("entryId").where("id", "=", requestId).executeTakeFirst();
  return row?.entryId ?? null;
}
