import { setTimeout as sleep } from "node:timers/promises";
import type { TargetRef } from "../approvals/content.ts";
import type { PresentTarget, SecretTarget } from "./secret-target.ts";
import { TargetUnavailableError } from "./target-errors.ts";
import { currentOf, type TargetWrite } from "./write-list.ts";

/** AWS's longest: the value can be had back until then. */
export const RECOVERY_DAYS = 30;
/** AWS takes replicas away in its own time, and deletes no target that has one. */
const REPLICA_POLLS_MS = [200, 500, 1_000, 2_000, 4_000];

/** Undo of a create. Somebody's newer version stays: then it is no longer ours to delete. */
export async function deleteCreated(
  target: SecretTarget,
  ref: TargetRef,
  state: PresentTarget,
  write: TargetWrite,
): Promise<string> {
  if (state.currentVersionId !== currentOf(write).requestToken) {
    return "Somebody wrote a newer version to the target after this move, so I left it as it is. Ask the target's owner which version is right.";
  }
  if (state.deletionDate === null) {
    await removeReplicas(target, ref, state);
    await target.scheduleDeletion(ref, RECOVERY_DAYS);
  }
  return `The new secret in AWS is scheduled for deletion; until then (${RECOVERY_DAYS} days) it can be restored, and its name stays taken.${state.replicas.length > 0 ? " Its replicas in other regions are deleted: they don't come back with a restore." : ""}`;
}

async function removeReplicas(target: SecretTarget, ref: TargetRef, { replicas }: PresentTarget): Promise<void> {
  if (replicas.length === 0) return;
  const regions = replicas.map(({ region }) => region);
  await target.removeReplicas(ref, regions);
  for (const delayMs of REPLICA_POLLS_MS) {
    const now = await target.describe(ref);
    if (now.status === "absent" || now.replicas.length === 0) return;
    await sleep(delayMs);
  }
  throw new TargetUnavailableError({ operation: "RemoveRegionsFromReplication", target: ref });
}
