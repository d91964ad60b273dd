import type { Adoption } from "../approvals/content.ts";
import { targetsOf } from "../approvals/target-places.ts";
import { isOurTarget, type PreflightDeps } from "./preflight.ts";
import type { PreflightInput } from "./preflight-fault.ts";

/** What stands at the wished names and is not from this path, as it is now: what a person may say to take over. */
export async function findForeignTargets(
  deps: Pick<PreflightDeps, "store" | "target" | "installation">,
  { entryId, target, shape }: Pick<PreflightInput, "entryId" | "target" | "shape">,
): Promise<Adoption[]> {
  const found = await Promise.all(
    targetsOf({ target, shape }).map(async (place) => {
      const state = await deps.target.describe(place);
      if (state.status === "absent" || (await isOurTarget(deps, entryId, state))) return [];
      const { arn, currentVersionId: versionId, deletionDate } = state;
      return [{ arn, versionId, isTombstone: deletionDate !== null }];
    }),
  );
  return found.flat();
}
