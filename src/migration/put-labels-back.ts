import type { TargetRef } from "../approvals/content.ts";
import type { PresentTarget, SecretTarget } from "./secret-target.ts";
import { CURRENT_STAGE, PENDING_STAGE, type TargetWrite } from "./write-list.ts";

/**
 * Takes every label off the versions that this run wrote, AWSCURRENT first. A version without labels is AWS's to drop.
 * @returns What can't be put back.
 */
export async function putLabelsBack(
  target: SecretTarget,
  ref: TargetRef,
  { stagesByVersion, currentVersionId }: PresentTarget,
  { versions }: TargetWrite,
): Promise<string[]> {
  const lost: string[] = [];
  for (const { stage, requestToken, previousVersionId, isKept } of versions.toReversed()) {
    if (isKept) continue;
    const labels = stagesByVersion[requestToken] ?? [];
    // First: with it a version counts as not yet moved to, and a successor would move to it.
    if (labels.includes(PENDING_STAGE)) await target.removeStage(ref, { stage: PENDING_STAGE, from: requestToken });
    if (stage === CURRENT_STAGE) {
      if (previousVersionId === null || currentVersionId !== requestToken) continue;
      await target.moveCurrent(ref, { from: requestToken, to: previousVersionId });
    } else if (labels.includes(stage)) {
      await target.removeStage(ref, { stage, from: requestToken });
      if (previousVersionId !== null) lost.push(stage);
    }
  }
  if (lost.length === 0) return [];
  return [`The label ${lost.join(", ")} was on another version before, and can't be put back there.`];
}
