import type { TargetRef } from "../approvals/content.ts";
import type { WriteKind } from "../store/schema.ts";
import type { PresentTarget, SecretTarget } from "./secret-target.ts";
import { INSTALLATION_TAG, MIGRATION_TAG, STATE_TAG } from "./target-tags.ts";

/** AWS's longest: the value can be had back until then. */
const RECOVERY_DAYS = 30;

export interface UndoTargetDeps {
  readonly target: SecretTarget;
  /** The value of INSTALLATION_TAG on targets that are ours. */
  readonly installation: string;
}

/** What this run wrote or was about to write, as it was journaled before AWS heard of it. */
export interface JournaledWrite {
  /** The version's id in AWS. */
  readonly requestToken: string;
  readonly kind: WriteKind;
  readonly previousVersionId: string | null;
}

/**
 * Takes one run's write back, and nothing else: a target without our tags or with a newer version stays as it is. The same
 * call twice does it once. Nothing is deleted at once: AWS keeps what is scheduled for 30 days.
 * @returns What was done and what can't be put back, for people.
 * @throws {TargetError} AWS did not answer or refused: call again later.
 */
export async function undoTarget(
  deps: UndoTargetDeps,
  ref: TargetRef,
  migrationId: string,
  write: JournaledWrite,
): Promise<string> {
  const state = await deps.target.describe(ref);
  if (state.status === "absent") return "Nothing was written to AWS.";
  const isOurs = state.tags[INSTALLATION_TAG] === deps.installation && state.tags[MIGRATION_TAG] === migrationId;
  if (!isOurs) return notOurs(write);
  return write.kind === "create" ? undoCreate(deps.target, ref, state, write) : undoPut(deps.target, ref, state, write);
}

/** Without our tags nothing of this run is there: they are set with the create, and before the put. */
function notOurs({ kind }: JournaledWrite): string {
  return kind === "create"
    ? "The target in AWS is not the one that this move made, so I left it as it is."
    : "This move wrote nothing to the target, so I left it as it is.";
}

async function undoCreate(
  target: SecretTarget,
  ref: TargetRef,
  state: PresentTarget,
  { requestToken }: JournaledWrite,
): Promise<string> {
  if (state.currentVersionId !== requestToken) return movedOn;
  await target.scheduleDeletion(ref, RECOVERY_DAYS);
  return `The new secret in AWS is scheduled for deletion; until then (${RECOVERY_DAYS} days) it can be restored, and its name stays taken.`;
}

async function undoPut(
  target: SecretTarget,
  ref: TargetRef,
  state: PresentTarget,
  { requestToken, previousVersionId, kind }: JournaledWrite,
): Promise<string> {
  const restoresFirst = kind === "restore-and-put";
  if (restoresFirst && state.deletionDate !== null) return scheduledAgain;
  const isOnOurs = state.currentVersionId === requestToken;
  if (!isOnOurs && state.currentVersionId !== previousVersionId) return movedOn;
  if (isOnOurs && previousVersionId === null) {
    return "The target had no current version before this move, so there is none to go back to: AWSCURRENT stays on the version that was written. Ask the target's owner.";
  }
  if (isOnOurs && previousVersionId !== null) {
    await target.moveCurrent(ref, { from: requestToken, to: previousVersionId });
  }
  // Tags other than the state are not put back: what they were is not recorded.
  if (state.tags[STATE_TAG] === "open") await target.setTags(ref, { [STATE_TAG]: "sealed" });
  if (restoresFirst) {
    await target.scheduleDeletion(ref, RECOVERY_DAYS);
    return scheduledAgain;
  }
  return isOnOurs || state.stagesByVersion[requestToken] !== undefined
    ? "The target in AWS has its earlier version as AWSCURRENT again. The version that was written stays there without being current until AWS drops it, and the tags stay as this move set them."
    : "No new version was written to the target in AWS. Its tags stay as this move set them.";
}

const movedOn =
  "Somebody wrote a newer version to the target after this move, so I left it as it is. Ask the target's owner which version is right.";
const scheduledAgain = `The target in AWS is scheduled for deletion again, as it was before; until then (${RECOVERY_DAYS} days) it can be restored.`;
