import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import type { SupportRelayTable } from "../store/tables/support.ts";
import type { SupportDeps } from "./move-case.ts";

/** A message in a thread. Its text stays in Slack and is read when it is carried over. */
export interface ThreadMessage {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string;
  /** Slack user id of its author. */
  readonly by: string;
}

/** The kinds of the table `card` under which a case's two threads hang. */
const CASE_CARD = "case";
const CASE_DIRECT = "case-direct";

/**
 * A supporter's reply in a case's thread goes to the person who asked, once.
 * @returns null: no thread of a case, not by a supporter, or carried already.
 */
export async function relayToRequester(
  { store, now, membership, staff }: SupportDeps,
  message: ThreadMessage,
): Promise<{ caseId: string } | null> {
  const found = await findCase(store, CASE_CARD, message);
  if (!found || message.by === found.openedBy) return null; // what they write there themselves is there already
  if (!(await membership.isMember(staff, message.by))) return null;
  return relay(store, now(), found.id, "to-requester", message);
}

/**
 * The person's answer in their DM thread goes to the case's thread, once.
 * @returns null: no thread of a case, not by the person who asked, or carried already.
 */
export async function relayToThread(
  { store, now }: Pick<SupportDeps, "store" | "now">,
  message: ThreadMessage,
): Promise<{ caseId: string } | null> {
  const found = await findCase(store, CASE_DIRECT, message);
  if (!found || message.by !== found.openedBy) return null;
  return relay(store, now(), found.id, "to-thread", message);
}

async function findCase(
  store: Store,
  kind: string,
  { channel, threadTs }: Pick<ThreadMessage, "channel" | "threadTs">,
) {
  const card = await store
    .selectFrom("card")
    .select("subject")
    .where("channel", "=", channel)
    .where("ts", "=", threadTs)
    .where("kind", "=", kind)
    .executeTakeFirst();
  if (!card) return undefined;
  return store
    .selectFrom("supportCase")
    .select(["id", "openedBy"])
    .where("id", "=", card.subject.slice("case:".length))
    .executeTakeFirst();
}

async function relay(
  store: Store,
  at: Date,
  caseId: string,
  direction: SupportRelayTable["direction"],
  { channel, ts, threadTs, by }: ThreadMessage,
): Promise<{ caseId: string } | null> {
  return store.transaction().execute(async (tx) => {
    const isNew = await tx
      .insertInto("supportRelay")
      .values({ caseId, messageTs: ts, direction, relayedAt: at })
      .onConflict((conflict) => conflict.columns(["caseId", "messageTs"]).doNothing())
      .returning("messageTs")
      .executeTakeFirst();
    if (!isNew) return null; // Slack sends an event again when it saw no answer
    await enqueueDelivery(tx, {
      kind: "relay",
      subject: `case:${caseId}`,
      detail: { channel, ts, threadTs, direction, by },
    });
    return { caseId };
  });
}

/** Whether a thread in somebody's DM is the one of a case: what is written there is for support. */
export async function isCaseThread(
  store: Store,
  { channel, threadTs }: Pick<ThreadMessage, "channel" | "threadTs">,
): Promise<boolean> {
  return (await findCase(store, CASE_DIRECT, { channel, threadTs })) !== undefined;
}
