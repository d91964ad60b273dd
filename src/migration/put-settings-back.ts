import type { TargetRef, TargetSettings } from "../approvals/content.ts";
import type { PresentTarget, SecretTarget } from "./secret-target.ts";
import { STATE_TAG } from "./target-tags.ts";
import type { TargetBefore } from "./write-list.ts";

interface SettingsToUndo {
  readonly state: PresentTarget;
  /** What this run set. */
  readonly settings: TargetSettings;
  readonly before: TargetBefore;
}

/**
 * Puts description, key, policy and replicas back as they were, where this run changed them.
 * @returns What can't be put back.
 */
export async function putSettingsBack(target: SecretTarget, ref: TargetRef, undo: SettingsToUndo): Promise<string[]> {
  const { state, settings, before } = undo;
  const setDescription = settings.description !== null && settings.description !== before.description;
  const setPolicy = settings.resourcePolicy !== null && settings.resourcePolicy !== before.resourcePolicy;
  const setKey = before.kmsKeyId !== ref.kmsKeyId;
  const newRegions = settings.replicaRegions.filter((region) => !before.replicaRegions.includes(region));
  if (!setDescription && !setPolicy && !setKey && newRegions.length === 0) return [];
  if (state.tags[STATE_TAG] === "sealed") await target.setTags(ref, { [STATE_TAG]: "open" }); // what is sealed takes no settings
  if (newRegions.length > 0) await target.removeReplicas(ref, newRegions);
  if (setPolicy && before.resourcePolicy === null && !before.isTombstone) await target.removePolicy(ref);
  await target.applySettings(
    { ...ref, kmsKeyId: before.kmsKeyId },
    {
      description: setDescription ? before.description : null,
      replicaRegions: [],
      resourcePolicy: setPolicy ? before.resourcePolicy : null,
    },
  );
  return [
    ...(setDescription && before.description === null
      ? ["The description that it got stays: it had none before."]
      : []),
    ...(setPolicy && before.isTombstone
      ? ["The resource policy that it got stays: AWS doesn't show what it was."]
      : []),
    ...(setKey ? ["Versions that AWS encrypted with the other key meanwhile may stay so."] : []),
  ];
}
