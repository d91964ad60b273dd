import type { TargetRef, TargetSettings } from "../approvals/content.ts";
import { deleteCreated, RECOVERY_DAYS } from "./delete-created.ts";
import { putLabelsBack } from "./put-labels-back.ts";
import { putSettingsBack } from "./put-settings-back.ts";
import { putTagsBack } from "./put-tags-back.ts";
import type { PresentTarget, SecretTarget } from "./secret-target.ts";
import { INSTALLATION_TAG, MIGRATION_TAG, OWN_TAGS } from "./target-tags.ts";
import { currentOf, PENDING_STAGE, type TargetBefore, type TargetWrite } from "./write-list.ts";

export interface UndoTargetDeps {
  readonly target: SecretTarget;
  /** The value of INSTALLATION_TAG on targets that are ours. */
  readonly installation: string;
}

export interface UndoOfTarget {
  readonly migrationId: string;
  /** What was approved to be set on it. */
  readonly settings: TargetSettings;
  readonly tags: Readonly<Record<string, string>>;
  readonly write: TargetWrite;
}

/**
 * Takes one run's writes to one target back, and nothing else: a target without our tags or with a newer version stays as
 * it is. The same call twice does it once. Nothing is deleted at once: AWS keeps what is scheduled for 30 days.
 * @returns What was done and what can't be put back, for people.
 * @throws {TargetError} AWS did not answer or refused: call again later.
 */
export async function undoTarget(deps: UndoTargetDeps, ref: TargetRef, undo: UndoOfTarget): Promise<string> {
  const { write, migrationId } = undo;
  const state = await deps.target.describe(ref);
  if (state.status === "absent") return write.before === null ? "Nothing was written to AWS." : gone;
  const isOurs = state.tags[INSTALLATION_TAG] === deps.installation && state.tags[MIGRATION_TAG] === migrationId;
  if (!isOurs) return withoutOurTags(deps.target, ref, state, write);
  return write.before === null
    ? deleteCreated(deps.target, ref, state, write)
    : undoPut(deps.target, ref, state, undo, write.before);
}

/** Our tags are set with the create, and before every put: nothing of this run is there, or all of it is taken back. */
async function withoutOurTags(
  target: SecretTarget,
  ref: TargetRef,
  state: PresentTarget,
  write: TargetWrite,
): Promise<string> {
  const { before } = write;
  if (before === null) return "The target in AWS is not the one that this move made, so I left it as it is.";
  if (state.arn !== before.arn || state.currentVersionId !== currentOf(write).previousVersionId) return movedOn;
  if (!before.isTombstone) return "The target in AWS is as it was before this move.";
  // Restored and not tagged yet, or tagged back and not yet scheduled.
  if (state.deletionDate === null) await target.scheduleDeletion(ref, RECOVERY_DAYS);
  return scheduledAgain;
}

async function undoPut(
  target: SecretTarget,
  ref: TargetRef,
  state: PresentTarget,
  { settings, tags, write }: UndoOfTarget,
  before: TargetBefore,
): Promise<string> {
  const current = currentOf(write);
  if (before.isTombstone && state.deletionDate !== null) return scheduledAgain;
  const isOnOurs = !current.isKept && state.currentVersionId === current.requestToken;
  if (state.deletionDate !== null) return movedOn;
  if (!isOnOurs && state.currentVersionId !== current.previousVersionId) {
    return leaveToOthers(target, ref, state, current.requestToken);
  }
  if (isOnOurs && current.previousVersionId === null) return nothingBefore;
  const left = [
    ...(await putLabelsBack(target, ref, state, write)),
    ...(await putSettingsBack(target, ref, { state, settings, before })),
  ];
  await putTagsBack(target, ref, { state, before, ownKeys: [...Object.keys(tags), ...OWN_TAGS] });
  if (before.isTombstone) await target.scheduleDeletion(ref, RECOVERY_DAYS);
  return [...(before.isTombstone ? [scheduledAgain] : [wentBack(isOnOurs)]), ...left].join(" ");
}

/** Only the label that is our own and nobody's business goes. */
async function leaveToOthers(
  target: SecretTarget,
  ref: TargetRef,
  { stagesByVersion }: PresentTarget,
  requestToken: string,
): Promise<string> {
  if (stagesByVersion[requestToken]?.includes(PENDING_STAGE)) {
    await target.removeStage(ref, { stage: PENDING_STAGE, from: requestToken });
  }
  return movedOn;
}

function wentBack(isOnOurs: boolean): string {
  return isOnOurs
    ? "The target in AWS has its earlier version as AWSCURRENT again, and its earlier tags. The version that was written stays there as AWSPREVIOUS until AWS drops it."
    : "No new version became current in the target in AWS, so its value stays as it is; its earlier tags are back.";
}

const gone = "The target is no longer in AWS: somebody else deleted it, and I can't bring it back.";
const nothingBefore =
  "The target had no current version before this move, so there is none to go back to: AWSCURRENT stays on the version that was written. Ask the target's owner.";
const movedOn =
  "Somebody wrote a newer version to the target after this move, so I left it as it is. Ask the target's owner which version is right.";
const scheduledAgain = `The target in AWS is scheduled for deletion again, as it was before; until then (${RECOVERY_DAYS} days) it can be restored.`;
