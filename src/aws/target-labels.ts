import { UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import type { SecretTarget } from "../migration/secret-target.ts";
import { TargetMovedOnError, TargetNotFoundError } from "../migration/target-errors.ts";
import { CURRENT, type TargetCalls } from "./target-calls.ts";

const operation = "UpdateSecretVersionStage";

/** Moving AWSCURRENT back and taking our own labels off: both are undo's. */
export function targetLabels({ attempt, describe }: TargetCalls): Pick<SecretTarget, "moveCurrent" | "removeStage"> {
  const moveCurrent: SecretTarget["moveCurrent"] = async (target, { from, to }) => {
    const state = await describe(target);
    if (state.status === "absent") throw new TargetNotFoundError({ operation, target });
    if (state.currentVersionId === to) return;
    if (state.currentVersionId !== from) throw new TargetMovedOnError({ operation, target });
    await attempt(operation, { target, duty: "roll-back" }, (client) =>
      client.send(
        // AWS compares RemoveFromVersionId itself, so a writer who slips in after our look is not displaced.
        new UpdateSecretVersionStageCommand({
          SecretId: target.name,
          VersionStage: CURRENT,
          MoveToVersionId: to,
          ...(from !== null && { RemoveFromVersionId: from }),
        }),
      ),
    ).catch(async (error: unknown) => {
      const now = await describe(target).catch(() => null);
      const hasMoved = now?.status === "present" && now.currentVersionId !== from;
      if (!hasMoved) throw error;
      if (now.currentVersionId !== to) throw new TargetMovedOnError({ operation, target });
    });
  };

  const removeStage: SecretTarget["removeStage"] = async (target, { stage, from }) => {
    const sitsThere = async (): Promise<boolean> => {
      const state = await describe(target);
      return state.status === "present" && state.stagesByVersion[from]?.includes(stage) === true;
    };
    if (!(await sitsThere())) return;
    await attempt(operation, { target, duty: "roll-back" }, (client) =>
      client.send(
        new UpdateSecretVersionStageCommand({ SecretId: target.name, VersionStage: stage, RemoveFromVersionId: from }),
      ),
    ).catch(async (error: unknown) => {
      // An answer that was lost: the SDK's repeat finds the label gone and calls that an error.
      if (await sitsThere().catch(() => true)) throw error;
    });
  };
  return { moveCurrent, removeStage };
}
