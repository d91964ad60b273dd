import { parseReceipt } from "../migration/receipt.ts";
import type { RequestState } from "../migration/request-state.ts";
import { memberOf } from "../migration/waves/wave-member.ts";
import type { BatchKey } from "../migration/waves/wave-rows.ts";
import type { Store } from "../store/open-store.ts";
import type { Delivery } from "../store/outbox.ts";
import { CARD, drawCard, drawDirect, knownCard, rememberCard } from "./card-places.ts";
import { type CaseView, caseCard, caseNoticeMessage, relayToRequester, relayToThread } from "./case-card.ts";
import { batchThread, type DrawWaveDeps, drawBatch, drawWave, isOfWave, sendWaveNotice } from "./draw-waves.ts";
import { noticeMessage, poisonMessage, refusedFormMessage, stoppedMessage } from "./notice-message.ts";
import { receiptMessage } from "./receipt-message.ts";
import { type CardViewer, requestCard } from "./request-card.ts";
import { sayAudience } from "./say.ts";
import { undoAskedMessage } from "./undo-asked-message.ts";
import type { Audience } from "./view-settings.ts";

export interface DrawDeps extends DrawWaveDeps {
  /** Whom a stop is told to, by name. */
  readonly operators?: Audience;
  readonly channels: { readonly approvals: string; readonly support: string };
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
  if (kind === "redraw" && area === "wave") return drawWave(deps, id);
  if (kind === "redraw" && area === "wave-batch") return drawBatch(deps, id);
  if (kind === "receipt") return drawReceipt(deps, id);
  if (kind === "notice") return sendNotice(deps, area, id, detail);
  if (kind === "relay") return relay(deps, id, detail);
}

function splitSubject(subject: string): [string, string] {
  const at = subject.indexOf(":");
  return [subject.slice(0, at), subject.slice(at + 1)];
}

async function drawRequest(deps: DrawDeps, requestId: string): Promise<void> {
  const state = await deps.loadRequestState(requestId);
  if (!state) return;
  const batch = await memberOf(deps.store, requestId);
  if (batch) return drawMember(deps, batch, state);
  const subject = `request:${requestId}`;
  const { settings, channels } = deps;
  const viewer = (audience: CardViewer["audience"]): CardViewer => ({ audience, settings });
  const inChannel = requestCard(state, viewer("approvers"));
  const direct = requestCard(state, viewer("requester"));
  await drawCard(deps, { subject, kind: CARD.approval, channel: channels.approvals }, inChannel);
  await drawDirect(deps, { subject, kind: CARD.requester, userId: state.requester }, direct);
  // A receipt that is out says what became of it: undone, or still to be undone.
  const { migration } = state;
  const isOut =
    migration && (await knownCard(deps.store, { subject: `migration:${migration.id}`, kind: CARD.receipt }));
  if (isOut) await drawReceipt(deps, migration.id);
  for (const caseId of await openCasesOf(deps.store, requestId)) await drawCase(deps, caseId);
}

/** Five hundred cards would drown the channel: a batch's card stands for its requests, and only what failed gets its own. */
async function drawMember(deps: DrawDeps, batch: BatchKey, state: RequestState): Promise<void> {
  const { store, settings, channels } = deps;
  const key = { subject: `request:${state.id}`, kind: CARD.approval };
  if (state.status !== "failed" && !(await knownCard(store, key))) return;
  const thread = await batchThread(store, batch);
  const card = requestCard(state, { audience: "approvers", settings });
  await drawCard(deps, { ...key, channel: channels.approvals }, card, thread?.ts);
}

async function drawCase(deps: DrawDeps, caseId: string): Promise<void> {
  const view = await deps.loadCaseView(caseId);
  if (!view) return;
  const subject = `case:${caseId}`;
  await drawCard(deps, { subject, kind: CARD.supportCase, channel: deps.channels.support }, caseCard(view));
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
  const row = await deps.store
    .selectFrom("migration")
    .select(["receipt", "requestId"])
    .where("id", "=", migrationId)
    .executeTakeFirst();
  const receipt = row?.receipt ? parseReceipt(row.receipt)?.receipt : undefined;
  const state = row ? await deps.loadRequestState(row.requestId) : null;
  // A wave's requester gets a digest; `glovebox receipt` and the card's Details have each receipt.
  if (!receipt || !state || (await memberOf(deps.store, state.id))) return;
  const { settings } = deps;
  const inThread = receiptMessage(receipt, state, { audience: "approvers", settings });
  const direct = receiptMessage(receipt, state, { audience: "requester", settings });
  const card = await knownCard(deps.store, { subject: `request:${state.id}`, kind: CARD.approval });
  await drawCard(deps, { subject, kind: CARD.receipt, channel: deps.channels.approvals }, inThread, card?.ts);
  await drawDirect(deps, { subject, kind: CARD.receiptDirect, userId: state.requester }, direct);
}

/** What the requester of a wave hears of all requests of a batch at once. */
const IN_THE_DIGEST = new Set(["approved", "rejected", "expired", "failed", "asked-again"]);

async function sendNotice(deps: DrawDeps, area: string, id: string, detail: Readonly<Record<string, unknown>>) {
  const to = typeof detail.to === "string" ? detail.to : null;
  if (area === "envelope") {
    if (to && !(await isOfWave(deps.store, id)))
      await deps.desk.sendDirect(to, refusedFormMessage(typeof detail.text === "string" ? detail.text : ""));
    return;
  }
  if (area === "control") {
    const { operators } = deps;
    const who =
      operators && [...operators.users, ...operators.usergroups].length > 0 ? sayAudience(operators) : "Operators";
    await deps.desk.post(deps.channels.support, stoppedMessage(detail, who));
    return;
  }
  if (area === "poison") {
    await deps.desk.post(deps.channels.support, poisonMessage(id, detail));
    return;
  }
  if (area === "wave") return sendWaveNotice(deps, id, detail);
  if (area === "request" && IN_THE_DIGEST.has(String(detail.event)) && (await memberOf(deps.store, id))) return;
  const view = area === "case" ? await deps.loadCaseView(id) : null;
  if (view) {
    const [event, by] = [detail.event, detail.by].map((word) => (typeof word === "string" ? word : ""));
    await deps.desk.sendDirect(to ?? view.openedBy, caseNoticeMessage(view, event ?? "", by ?? ""));
    return;
  }
  const state = area === "request" ? await deps.loadRequestState(id) : null;
  if (state && detail.event === "undo-asked") {
    const asked = { by: String(detail.by), reason: String(detail.reason) };
    await deps.desk.post(deps.channels.approvals, undoAskedMessage(state, asked, deps.settings));
    return;
  }
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
