import { verdictBy } from "../migration/lane-of.ts";
import type { RequestState } from "../migration/request-state.ts";
import type { ContentChange } from "../store/tables/requests.ts";
import { actions, type Block, context, lines, type Message, message } from "./blocks.ts";
import { conflictBlocks } from "./conflict-lines.ts";
import { code, escapeMrkdwn, quote } from "./escape-mrkdwn.ts";
import { howLines, overflowLine } from "./how-lines.ts";
import { type CardAudience, requestButtons } from "./request-buttons.ts";
import { riskWords } from "./risk-words.ts";
import { pathNote, sayAccount, sayAudience, sayPath, sayTime, sayUser } from "./say.ts";
import { progressWords, stateLine, stateWords } from "./state-words.ts";
import type { ViewSettings } from "./view-settings.ts";

export interface CardViewer {
  readonly audience: CardAudience;
  readonly settings: ViewSettings;
}

/** What everybody who reads a card or a receipt must know of an installation without a gate. */
export const GATE_OFF_WORDS =
  "Vault is not opened for this path alone. It holds the worker to fixed prefixes, and the worker checks the approval itself.";

/** The one card of a request, for the approvals channel, for the requester's DM and for whoever asks. Pure. */
export function requestCard(state: RequestState, { audience, settings }: CardViewer): Message {
  const { content, status } = state;
  const isWaiting = status === "waiting";
  const text = `${stateWords(state)}: ${state.id}, ${sayPath(content.source, 300)} to ${code(content.target.name, 300)}`;
  const blocks: Block[] = [
    lines(stateLine(state), whoAsks(state, audience)),
    ...(state.changes.length > 0 && isWaiting ? [changeLines(state)] : []),
    lines(...whatWhere(state, settings)),
    lines("*Why*", quote(content.reason)),
    lines(`*Risk*  ${escapeMrkdwn(riskWords(content, settings.fields))}`, laneLine(state), ...whenLines(state)),
    ...(settings.gate === "off" ? [context(`*Gate*  off: ${GATE_OFF_WORDS}`)] : []),
    ...outcome(state),
    ...conflictBlocks(state),
    ...waitingFor(state, settings),
    ...actions(...requestButtons(state, audience)),
  ];
  return message(text, blocks);
}

const whoAsks = ({ requester }: RequestState, audience: CardAudience): string =>
  audience === "requester" ? "You asked to move this secret." : `${sayUser(requester)} asks to move a secret.`;

function whatWhere(
  { content, vaultVersion, overflow, status }: RequestState,
  { targets, fields }: ViewSettings,
): (string | null)[] {
  const { source, target } = content;
  const note = pathNote(source);
  const version = vaultVersion === null ? "no versions (KV v1)" : `version ${vaultVersion}`;
  const tags = fields.flatMap(({ label, tag }) => {
    const value = content.tags[tag];
    return value ? [`${escapeMrkdwn(label.replace(/\?$/, ""))}: ${code(value, 120)}`] : [];
  });
  return [
    `*What*  ${sayPath(source)}, ${version}`,
    note && `_${note}_`,
    `*Where to*  ${code(target.name, 600)} in ${escapeMrkdwn(sayAccount(target, targets))}`,
    ...howLines(content, status),
    tags.length > 0 ? `*Said of it*  ${tags.join(" · ")}` : null,
    ...carriedLines(content, fields),
    overflowLine(overflow),
  ];
}

/** Why it wants more care than others, while that can still be given; of the standard lane nothing. */
function laneLine({ laneReasons, status }: RequestState): string | null {
  const verdict = verdictBy(laneReasons);
  const isOver = !["waiting", "approved", "migrating"].includes(status);
  if (verdict.lane === "standard" || isOver) return null;
  const reasons = verdict.reasons.map(({ text }) => text).join("; ");
  return `*Lane*  ${escapeMrkdwn(`${verdict.lane}: ${reasons}. ${verdict.nextStep}`)}`;
}

/** Custom metadata that goes along: the approver says yes to each of these too. */
function carriedLines({ tags }: RequestState["content"], fields: ViewSettings["fields"]): string[] {
  const carried = Object.entries(tags).filter(([tag]) => !fields.some((field) => field.tag === tag));
  if (carried.length === 0) return [];
  const shown = carried.slice(0, 12).map(([tag, value]) => `${code(tag, 80)}: ${code(value, 80)}`);
  const more = carried.length - shown.length;
  return [`*From Vault's metadata*  ${shown.join(" · ")}${more > 0 ? ` and ${more} more: see Details` : ""}`];
}

// A time and no age: the card stands for days, and nothing draws it anew for the clock alone.
function whenLines({ createdAt, expiresAt, content, status }: RequestState): string[] {
  const expiry = status === "waiting" ? `, expires ${sayTime(expiresAt)}` : "";
  const asked = `*Asked*  ${sayTime(createdAt)}${expiry}`;
  return content.notBefore === null ? [asked] : [asked, `*Not before*  ${sayTime(new Date(content.notBefore))}`];
}

/** Old and new side by side: an approver who saw the earlier version must see what is different. */
function changeLines({ version, changes }: RequestState): Block {
  const line = ({ field, from, to }: ContentChange): string =>
    `• ${escapeMrkdwn(field)}: ${code(from || "(empty)", 250)} → ${code(to || "(empty)", 250)}`;
  return lines(`*Changed since version ${version - 1}*`, ...changes.map(line));
}

function outcome(state: RequestState): Block[] {
  const { decision, migration, status } = state;
  const said: (string | null)[] = [];
  if (decision && status !== "waiting") {
    const verdict = decision.verdict === "approve" ? "Approved" : "Rejected";
    said.push(`*${verdict}*  by ${sayUser(decision.by)}, ${sayTime(decision.at)}`);
    if (decision.reason) said.push(quote(decision.reason));
  }
  if (status === "approved" || status === "migrating" || status === "migrated") {
    if (migration) said.push(`*Progress*  ${progressWords(migration.state, status, migration.triesAgainAt !== null)}`);
  }
  // What stopped the move that this version answers is over; the change above says how.
  const isAnswered = status === "waiting" && migration?.conflict != null;
  if (migration?.causeText && !isAnswered) said.push(`*What happened*  ${escapeMrkdwn(migration.causeText)}`);
  return said.length > 0 ? [lines(...said)] : [];
}

function waitingFor({ status, nextStep }: RequestState, { approvers }: ViewSettings): Block[] {
  const next = `*Next*  ${escapeMrkdwn(nextStep)}`;
  // Written once per request: an edited message does not notify the group again.
  return [context(status === "waiting" ? `${next}\nNeeds a yes from one of ${sayAudience(approvers)}.` : next)];
}
