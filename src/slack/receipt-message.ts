import type { Receipt } from "../migration/receipt.ts";
import type { RequestState } from "../migration/request-state.ts";
import { ACTION } from "./action-ids.ts";
import { actions, button, context, lines, type Message, message } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { movedAs } from "./how-lines.ts";
import { undoButton } from "./request-buttons.ts";
import { type CardViewer, GATE_OFF_WORDS } from "./request-card.ts";
import { pathNote, sayAccount, sayPath, sayTime, sayUser } from "./say.ts";
import { type WrittenCounts, writtenWords } from "./written-words.ts";

/** The proof in words, as a reply under the card and as a DM. The signed text itself is what `glovebox verify` reads. */
export function receiptMessage(
  receipt: Receipt,
  state: RequestState,
  { audience, settings: { targets } }: CardViewer,
): Message {
  const { source, target, lease, approvers, chain } = receipt;
  const note = pathNote(source);
  const isUndone = state.migration?.id === receipt.migrationId && state.migration.state === "undone";
  const value = { id: state.id, version: state.version };
  const buttons = [
    ...(state.migration?.canUndo && audience === "approvers" ? [undoButton(state)] : []),
    button("Ask support", ACTION.askSupport, value),
  ];
  const window = `from ${sayTime(new Date(lease.openedAt))}, for ${saySeconds(lease)}`;
  return message(`Receipt of ${receipt.requestId}: ${sayPath(source, 300)} is in AWS`, [
    lines(
      `${isUndone ? "⚠️ *Migrated, and undone since*" : "✅ *Migrated*"} · ${receipt.requestId}`,
      `*From*  ${sayPath(source)}, ${receipt.vaultVersion === null ? "KV v1" : `version ${receipt.vaultVersion}`}`,
      note && `_${note}_`,
      `*To*  ${code(target.name, 600)} in ${escapeMrkdwn(sayAccount(target, targets))}`,
      `*Moved as*  ${movedAs(state.content.shape)}`,
      `*Written*  ${writtenWords(countsOf(receipt))}`,
      ...receipt.targets.slice(0, MAX_TARGETS).flatMap(sayTarget),
      receipt.targets.length > MAX_TARGETS ? `_and ${receipt.targets.length - MAX_TARGETS} more parts_` : null,
      sayOlder(receipt),
    ),
    lines(
      "*Value*  read back from AWS and found equal by keyed digest.",
      `*Lease*  ${window}, on this path alone, and proven dead before AWS was touched.`,
      `*Approved by*  ${approvers.map(sayUser).join(", ")}, rule ${code(receipt.rule, 100)}; asked by ${sayUser(receipt.requester)}.`,
      receipt.separation === "off" ? "*Separation*  off: one process could both approve and move." : null,
      receipt.gate === "off" ? `*Gate*  off: ${GATE_OFF_WORDS}` : null,
      `*Audit chain*  event ${chain.seq}, ${code(chain.hash.slice(0, 16))}`,
    ),
    lines(`*Next*  ${escapeMrkdwn(state.nextStep)}`),
    ...actions(...buttons),
    context(
      `Verify: \`glovebox receipt ${receipt.requestId}\` saves it, \`glovebox verify\` checks the file without a network.`,
    ),
  ]);
}

const countsOf = ({ targets, skippedVersions }: Receipt): WrittenCounts => ({
  targets: targets.map(({ kind, isAdopted, versions }) => ({ kind, isAdopted, olderVersions: versions.length - 1 })),
  skippedVersions: skippedVersions.length,
});

/** All of them stand in the receipt itself; a message has its limits. */
const MAX_TARGETS = 5;

const HOW: Record<WrittenTarget["kind"], string> = {
  create: "a new secret",
  put: "added to a secret that was there",
  "restore-and-put": "added to a secret that was scheduled for deletion, and is restored",
  keep: "not written again: AWS held this very value already",
};

type WrittenTarget = Receipt["targets"][number];

function sayTarget({ arn, kind, isAdopted, versions, replicas }: WrittenTarget): string[] {
  const current = versions.at(-1);
  return [
    `*ARN*  ${code(arn)}`,
    `*AWS version*  ${code(current?.versionId ?? "")}, ${HOW[kind]}${isAdopted ? "; taken over, as was approved" : ""}`,
    ...(replicas.length > 0
      ? [`*Replicas*  ${replicas.map(({ region, status }) => `${code(region)} ${escapeMrkdwn(status)}`).join(", ")}`]
      : []),
  ];
}

function sayOlder({ targets, skippedVersions }: Receipt): string | null {
  const labels = (targets[0]?.versions ?? []).slice(0, -1).map(({ stage }) => code(stage));
  const skipped = skippedVersions.map(({ vaultVersion, reason }) => `${vaultVersion} (${reason})`);
  const parts = [
    ...(labels.length > 0 ? [labels.join(", ")] : []),
    ...(skipped.length > 0 ? [`left out, for Vault no longer has them: ${skipped.join(", ")}`] : []),
  ];
  return parts.length > 0 ? `*Older versions*  ${parts.join("; ")}` : null;
}

/** A lease lives for parts of a second, which clock times to the minute would hide. */
function saySeconds({ openedAt, closedAt }: Receipt["lease"]): string {
  const ms = new Date(closedAt).getTime() - new Date(openedAt).getTime();
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
