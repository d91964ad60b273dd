import { z } from "zod";
import { showTags } from "../migration/foreign-names.ts";
import type { RequestState } from "../migration/request-state.ts";
import { CALLBACK } from "./action-ids.ts";
import { LIMITS } from "./block-kit-limits.ts";
import { lines, type ModalView, plain, section } from "./blocks.ts";
import { comparisonWords, openConflict } from "./conflict-lines.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { modal } from "./intake-modal.ts";
import { sayAccount, sayPath } from "./say.ts";
import { belongsTo, tagWords } from "./target-tag-words.ts";
import type { ViewSettings } from "./view-settings.ts";

/** What the person was shown: their yes counts for that alone. */
const TakeOverMemory = z.strictObject({
  requestId: z.string(),
  version: z.number().int(),
  seen: z.strictObject({ arn: z.string(), versionId: z.string().nullable(), isTombstone: z.boolean() }),
});
export type TakeOverMemory = z.output<typeof TakeOverMemory>;

/** @throws {z.ZodError} Not a modal of ours. */
export const readTakeOverMemory = (privateMetadata: string): TakeOverMemory =>
  TakeOverMemory.parse(JSON.parse(privateMetadata));

/** Says exactly what will happen; null where there is nothing to take over (any more). @param tags As AWS shows them now; null: it did not say. */
export function takeOverModal(
  state: RequestState,
  tags: Readonly<Record<string, string>> | null,
  { targets }: ViewSettings,
): ModalView | null {
  const conflict = openConflict(state);
  if (conflict === null || conflict.others.length > 0) return null;
  const { arn, versionId, isTombstone } = conflict;
  const memory: TakeOverMemory = { requestId: state.id, version: state.version, seen: { arn, versionId, isTombstone } };
  const shown = tags === null ? conflict.tags : showTags(tags); // AWS may be slow: then as the engine saw them
  const now = versionId === null ? "It has no current version." : `Its current version is ${code(versionId, 80)}.`;
  return {
    ...modal(CALLBACK.takeOver, "Take over a secret", "Ask the approvers"),
    private_metadata: JSON.stringify(memory),
    blocks: [
      lines(
        `*Take over*  ${code(conflict.targetName, 500)} in ${escapeMrkdwn(sayAccount(state.content.target, targets))}`,
        code(arn, 700),
        `*Its tags*  ${tagWords(shown)}`,
        belongsTo(shown),
        `${now} ${comparisonWords(conflict)}`,
      ),
      lines(
        "*If the approvers say yes:*",
        isTombstone ? "• It is restored: its scheduled deletion is cancelled." : null,
        `• It gets ${sayPath(state.content.source, 400)} as its new current version. An equal value is not written again.`,
        "• What it holds now stays as AWSPREVIOUS. Whoever reads it gets the new value from then on.",
        "• Its tags of the same names are replaced, and tags say that Glovebox looks after it.",
        "• An undo puts it back as it is now.",
      ),
      section(
        "Nothing changes before they decide. If it changes in AWS before that, nothing is written and you are asked again. Speak with its owner first.",
      ),
    ],
  };
}

/** What the modal turns into: done, or why not. */
export const takeOverNotice = (text: string): ModalView => ({
  type: "modal",
  callback_id: CALLBACK.takeOver,
  title: plain("Take over a secret", LIMITS.modalTitle),
  close: plain("Close", LIMITS.modalButton),
  blocks: [section(text)],
});
