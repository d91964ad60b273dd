import { sql } from "kysely";
import { parseReceipt } from "../migration/receipt.ts";
import type { RequestState } from "../migration/request-state.ts";
import type { Store } from "../store/open-store.ts";
import type { Delivery } from "../store/outbox.ts";
import type { Message } from "./blocks.ts";
import { type CaseView, caseCard, relayToRequester, relayToThread } from "./case-card.ts";
import { noticeMessage, refusedFormMessage } from "./notice-message.ts";
import { receiptMessage } from "./receipt-message.ts";
import { type CardViewer, requestCard } from "./request-card.ts";
import type { Desk, Place } from "./slack-desk.ts";
import type { ViewSettings } from "./view-settings.ts";

/** What a subject's copies are called in the table `card`. A message event finds its case by them. */
export const CARD = {
  approval: "approval",
  requester: "requester",
  receipt: "receipt",
  receiptDirect: "receipt-direct",
  supportCase: "case",
  caseDirect: "case-direct",
} as const;

export interface DrawDeps {
  readonly store: Store;
  readonly desk: Desk;
  readonly settings: ViewSettings;
  readonly channels: { readonly approvals: string; readonly support: string };
  readonly now: () => Date;
  loadRequestState(requestId: string): Promise<RequestState | null>;
  loadCaseView(caseId: string): Promise<CaseView | null>;
}

/**
 * Carries one delivery of the outbox to Slack. Safe to repeat, but for a crash between Slack's yes and our note of it:
 * then a message may stand there twice, for Slack takes no idempotency key.
 * @throws {SlackUnavailableError} The outbox tries again.
 */
export async function drawCopies(deps: DrawDeps, delivery: Delivery): Promise<void> {
  const [area, id] = splitSubject(delivery.subject);
  const { kind, detail = {} } = delivery;
  if (kind === "redraw" && area === "request") return drawRequest(deps, id);
  if (kind === "redraw" && area === "case") return drawCase(deps, id);
  if (kind === "receipt") return drawReceipt(deps, id);
  if (kind === "notice") return sendNotice(deps, area, id, detail);
  if (kind === "relay") return relay(deps, id, detail);
}

function splitSubject(subject: string): [string, string] {
  const at = subject.indexOf(":");
  return [subject.slice(0, at), subject.slice(at + 1)];
}

async function drawRequest(deps: DrawDeps, requestId: string): Promise<void> {
  const subject = `request:${requestId}`;
  await oneAtATime(deps.store, subject, async () => {
    const state = await deps.loadRequestState(requestId);
    if (!state) return;
    const { settings } = deps;
    const viewer = (audience: CardViewer["audience"]): CardViewer => ({ audience, settings, now: deps.now() });
    const inChannel = requestCard(state, viewer("approvers"));
    await drawCard(deps, { subject, kind: CARD.approval, channel: deps.channels.approvals }, inChannel);
    await drawDirect(
      deps,
      { subject, kind: CARD.requester, userId: state.requester },
      requestCard(state, viewer("requester")),
    );
    for (const caseId of await openCasesOf(deps.store, requestId)) await drawCase(deps, caseId);
  });
}

async function drawCase(deps: DrawDeps, caseId: string): Promise<void> {
  const view = await deps.loadCaseView(caseId);
  if (!view) return;
  const subject = `case:${caseId}`;
  await drawCard(deps, { subject, kind: CARD.supportCase, channel: deps.channels.support }, caseCard(view, deps.now()));
}

/** A supporter's card shows the secret as it is now, so it moves with the request. */
async function openCasesOf(store: Store, requestId: string): Promise<string[]> {
  const cases = await store
    .selectFrom("supportCase")
    .select("id")
    .where("requestId", "=", requestId)
    .where("status", "!=", "resolved")
    .execute();
  return cases.map(({ id }) => id);
}

async function drawReceipt(deps: DrawDeps, migrationId: string): Promise<void> {
  const subject = `migration:${migrationId}`;
  await oneAtATime(deps.store, subject, async () => {
    const row = await deps.store
      .selectFrom("migration")
      .select(["receipt", "requestId"])
      .where("id", "=", migrationId)
      .executeTakeFirst();
    const receipt = row?.receipt ? parseReceipt(row.receipt)?.receipt : undefined;
    const state = row ? await deps.loadRequestState(row.requestId) : null;
    if (!receipt || !state) return;
    const message = receiptMessage(receipt, state, deps.settings);
    const card = await knownCard(deps.store, { subject: `request:${state.id}`, kind: CARD.approval });
    await drawCard(deps, { subject, kind: CARD.receipt, channel: deps.channels.approvals }, message, card?.ts);
    await drawDirect(deps, { subject, kind: CARD.receiptDirect, userId: state.requester }, message);
  });
}

async function sendNotice(deps: DrawDeps, area: string, id: string, detail: Readonly<Record<string, unknown>>) {
  const to = typeof detail.to === "string" ? detail.to : null;
  if (area === "envelope") {
    if (to) await deps.desk.sendDirect(to, refusedFormMessage(typeof detail.text === "string" ? detail.text : ""));
    return;
  }
  const state = area === "request" ? await deps.loadRequestState(id) : null;
  if (state) await deps.desk.sendDirect(to ?? state.requester, noticeMessage(state, detail));
}

/**
 * Carries one message across a case. Its text is read here and now and goes nowhere else; a message that was deleted
 * meanwhile is not carried.
 */
async function relay(deps: DrawDeps, caseId: string, detail: Readonly<Record<string, unknown>>): Promise<void> {
  const { desk, store, channels } = deps;
  const { channel, ts, threadTs, direction, by } = detail as Record<string, string | undefined>;
  const view = await deps.loadCaseView(caseId);
  if (!view || !channel || !ts) return;
  const text = await desk.readMessage({ channel, ts }, threadTs ?? ts);
  if (!text) return;
  const subject = `case:${caseId}`;
  if (direction === "to-thread") {
    const card = await knownCard(store, { subject, kind: CARD.supportCase });
    await desk.post(card?.channel ?? channels.support, relayToThread(view, by ?? view.openedBy, text), card?.ts);
    return;
  }
  const known = await knownCard(store, { subject, kind: CARD.caseDirect });
  const message = relayToRequester(view, by ?? "", text);
  const place = known
    ? await desk.post(known.channel, message, known.ts)
    : await desk.sendDirect(view.openedBy, message);
  // The first one is the root of the person's thread; their answers there find the case by it.
  if (!known) await rememberCard(store, { subject, kind: CARD.caseDirect }, place);
}

interface CardKey {
  readonly subject: string;
  readonly kind: string;
}

/** Edits the copy that is known, or posts it and remembers where. */
async function drawCard(
  { store, desk }: DrawDeps,
  { channel, ...key }: CardKey & { channel: string },
  message: Message,
  threadTs?: string,
): Promise<void> {
  const known = await knownCard(store, key);
  const place = known ? await desk.update(known, message, threadTs) : await desk.post(channel, message, threadTs);
  if (place.ts !== known?.ts) await rememberCard(store, key, place);
}

async function drawDirect(
  { store, desk }: DrawDeps,
  { userId, ...key }: CardKey & { userId: string },
  message: Message,
) {
  const known = await knownCard(store, key);
  const place = known ? await desk.update(known, message) : await desk.sendDirect(userId, message);
  if (place.ts !== known?.ts) await rememberCard(store, key, place);
}

async function knownCard(store: Store, { subject, kind }: CardKey): Promise<Place | undefined> {
  return store
    .selectFrom("card")
    .select(["channel", "ts"])
    .where("subject", "=", subject)
    .where("kind", "=", kind)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
}

async function rememberCard(store: Store, key: CardKey, { channel, ts }: Place): Promise<void> {
  await store
    .insertInto("card")
    .values({ ...key, channel, ts })
    .onConflict((conflict) => conflict.columns(["subject", "kind", "channel"]).doUpdateSet({ ts }))
    .execute();
}

/** Two deliveries of one subject would both find no card and both post one. */
async function oneAtATime(store: Store, subject: string, act: () => Promise<void>): Promise<void> {
  await store.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${subject}, 0))`.execute(tx);
    await act();
  });
}
