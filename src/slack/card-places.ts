import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import type { Message } from "./blocks.ts";
import type { Desk, Place } from "./slack-desk.ts";

interface PlaceDeps {
  readonly store: Store;
  readonly desk: Desk;
}

/** What a subject's copies are called in the table `card`. A message event finds its case by them. */
export const CARD = {
  approval: "approval",
  requester: "requester",
  receipt: "receipt",
  receiptDirect: "receipt-direct",
  supportCase: "case",
  caseDirect: "case-direct",
  wave: "wave",
  waveDirect: "wave-direct",
  batch: "wave-batch",
} as const;

export interface CardKey {
  readonly subject: string;
  readonly kind: string;
}

/** Edits the copy that is known, or posts it and remembers where. */
export function drawCard(
  { store, desk }: PlaceDeps,
  { channel, ...key }: CardKey & { channel: string },
  message: Message,
  threadTs?: string,
): Promise<void> {
  return atItsPlace(store, key, (known) =>
    known ? desk.update(known, message, threadTs) : desk.post(channel, message, threadTs),
  );
}

export function drawDirect(
  { store, desk }: PlaceDeps,
  { userId, ...key }: CardKey & { userId: string },
  message: Message,
) {
  return atItsPlace(store, key, (known) => (known ? desk.update(known, message) : desk.sendDirect(userId, message)));
}

/** One at a time for each card: two that draw it at once would both find none, and post it twice. */
async function atItsPlace(
  store: Store,
  key: CardKey,
  draw: (known: Place | undefined) => Promise<Place>,
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${key.kind} ${key.subject}`}, 0))`.execute(tx);
    const known = await knownCard(tx, key);
    const place = await draw(known);
    if (place.ts !== known?.ts) await rememberCard(tx, key, place);
  });
}

export async function knownCard(store: Store, { subject, kind }: CardKey): Promise<Place | undefined> {
  return store
    .selectFrom("card")
    .select(["channel", "ts"])
    .where("subject", "=", subject)
    .where("kind", "=", kind)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
}

export async function rememberCard(store: Store, key: CardKey, { channel, ts }: Place): Promise<void> {
  await store
    .insertInto("card")
    .values({ ...key, channel, ts })
    .onConflict((conflict) => conflict.columns(["subject", "kind", "channel"]).doUpdateSet({ ts }))
    .execute();
}
