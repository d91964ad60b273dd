import type { BatchView, Shares } from "../migration/waves/load-batch-view.ts";
import type { BatchPhase } from "../store/tables/waves.ts";
import { actions, type Block, context, lines, type Message, message } from "./blocks.ts";
import { code, escapeMrkdwn, quote } from "./escape-mrkdwn.ts";
import { riskWords } from "./risk-words.ts";
import { sayAccount, sayAudience, sayPlural, sayTime, sayUser } from "./say.ts";
import type { ViewSettings } from "./view-settings.ts";
import { batchButtons, exceptionsButton } from "./wave-buttons.ts";
import { sayCounts } from "./wave-card.ts";

const HEADLINE: Readonly<Record<BatchPhase, string>> = {
  planned: ":hourglass: Not asked for yet",
  asking: ":hourglass: Being made",
  waiting: ":hourglass: Waiting for approval",
  approving: ":pencil2: Approved, being signed one by one",
  approved: ":white_check_mark: Approved",
  rejecting: ":no_entry: Rejected",
  rejected: ":no_entry: Rejected",
  expired: ":hourglass: Expired without a decision",
  ended: ":checkered_flag: Ended",
  dropped: ":octagonal_sign: Dropped with its wave",
};

const SHARES_SHOWN = 8;

/** The one approval card of a batch. Pure. */
export function batchCard(view: BatchView, settings: ViewSettings): Message {
  const { wave, batch, batchCount, itemCount } = view;
  const which = batch.number === 1 ? "the pilot" : `batch ${batch.number} of ${batchCount}`;
  const headline = `${HEADLINE[batch.state]}: ${code(wave.name, 60)}, ${which}, ${sayPlural(itemCount, "secret")}`;
  const isWaiting = batch.state === "waiting";
  const blocks: Block[] = [
    lines(
      `*${headline}*`,
      `${sayUser(wave.requester)} asks to move ${sayPlural(itemCount, "secret")}, each by its own signed request.`,
      batch.version > 1 && isWaiting
        ? `_Asked again (version ${batch.version}): an earlier yes no longer counts._`
        : null,
    ),
    lines(...whatAndWhere(view, settings)),
    lines("*Why*", quote(wave.reason), `*Chosen by*  ${code(wave.selection, 600)}`),
    lines(riskLine(view, settings), unusualLine(view)),
    lines(...outcomeLines(view)),
    context(nextWords(view, settings)),
    ...actions(
      ...(isWaiting ? batchButtons(batch) : []),
      ...(view.exceptionCount > 0 ? [exceptionsButton(wave.name)] : []),
    ),
  ];
  return message(headline, blocks);
}

function whatAndWhere({ mounts, targets, tags }: BatchView, { targets: allowed, fields }: ViewSettings): string[] {
  const of = (field: string): Shares | null => {
    const tag = fields.find((known) => known.field === field)?.tag;
    return tag === undefined ? null : count(tags.map((all) => all[tag] ?? "not stated"));
  };
  const [owners, environments] = [of("ownerTeam"), of("environment")];
  const places = targets.map(
    ({ target, count: many }) =>
      `${escapeMrkdwn(sayAccount(target, allowed))}, ${target.kmsKeyId === null ? "the AWS-managed key" : `key ${code(target.kmsKeyId, 200)}`} (${many})`,
  );
  return [
    `*Mounts*  ${sayShares(mounts)}`,
    ...(owners ? [`*Owners*  ${sayShares(owners)}`] : []),
    ...(environments ? [`*Environments*  ${sayShares(environments)}`] : []),
    `*Where to*  ${places.slice(0, SHARES_SHOWN).join(" · ")}, each under the name that the rules give it`,
    "*Moved as*  one JSON document each; the sample shows what the rules set on the targets beside it",
  ];
}

function count(values: readonly string[]): Shares {
  return [...Map.groupBy(values, (value) => value)]
    .map(([value, all]) => ({ value, count: all.length }))
    .toSorted((a, b) => b.count - a.count);
}

function sayShares(shares: Shares): string {
  const shown = shares.slice(0, SHARES_SHOWN).map(({ value, count: many }) => `${code(value, 120)} ${many}`);
  const rest = shares.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} others`] : [])].join(" · ") || "none";
}

function riskLine({ tags }: BatchView, { fields }: ViewSettings): string {
  const risks = tags.map((all) => riskWords({ tags: all }, fields).split(":")[0] ?? "");
  const counted = count(risks).map(({ value, count: many }) => `${escapeMrkdwn(value)} ${many}`);
  return `*Risk*  ${counted.join(" · ")}`;
}

function unusualLine({ unusual }: BatchView): string {
  if (unusual.length === 0) return "*Unusual*  nothing was found";
  const each = unusual.slice(0, SHARES_SHOWN).map(({ value, count: many }) => `${many} × ${escapeMrkdwn(value)}`);
  return `*Unusual*  ${each.join(" · ")}`;
}

function outcomeLines({ batch, counts, exceptionCount, sampleCount }: BatchView): (string | null)[] {
  const { state, decidedBy, decidedAt, reason } = batch;
  const verdict = state === "rejected" || state === "rejecting" ? "Rejected" : "Approved";
  return [
    state === "waiting"
      ? `*Sample*  ${sampleCount} of them, drawn at random. Approve counts only after a look at all of it.`
      : `*Now*  ${sayCounts(counts)}`,
    decidedBy === null || decidedAt === null ? null : `*${verdict}*  by ${sayUser(decidedBy)}, ${sayTime(decidedAt)}`,
    reason === null ? null : quote(reason),
    `*Exceptions of the wave*  ${exceptionCount === 0 ? "none" : `${exceptionCount}, not part of this`}`,
  ];
}

function nextWords({ batch, wave, expiresAt, counts }: BatchView, { approvers }: ViewSettings): string {
  switch (batch.state) {
    case "waiting": {
      const by = expiresAt === null ? "" : ` by ${sayTime(expiresAt)}`;
      return `*Next*  Look at the sample, then approve or reject${by}.\nNeeds a yes from one of ${sayAudience(approvers)}, and not from ${sayUser(wave.requester)}.`;
    }
    case "approving":
      return "*Next*  Each request is signed by itself; what changed since goes its own way.";
    case "approved":
      return wave.state === "running"
        ? "*Next*  They move one after the other. Failures come into this thread."
        : `*Next*  An operator starts it: ${code(`glovebox wave start ${wave.name}`, 100)}, or by the button on the wave's card.`;
    case "ended":
      return (counts.failed ?? 0) > 0
        ? "*Next*  What failed has its card in this thread, with what to do."
        : "*Next*  Nothing. Each move has its receipt: `/secrets status <path>`.";
    case "expired":
      return "*Next*  Nothing moves. An operator can make a new wave of the same secrets.";
    default:
      return "*Next*  Nothing to do here.";
  }
}
