import type { TargetRef } from "../approvals/content.ts";
import type { PresentTarget, SecretTarget } from "./secret-target.ts";
import { MIGRATION_TAG, STATE_TAG } from "./target-tags.ts";
import type { TargetBefore } from "./write-list.ts";

/**
 * Puts the tags back as they were. The tag that names this run goes last: with it a successor knows that the rest is still
 * to do.
 * @param ownKeys The tags that this run set. Others are not touched.
 */
export async function putTagsBack(
  target: SecretTarget,
  ref: TargetRef,
  { state: { tags }, before, ownKeys }: { state: PresentTarget; before: TargetBefore; ownKeys: readonly string[] },
): Promise<void> {
  const earlier = ownKeys.filter((key) => before.tags[key] !== undefined && before.tags[key] !== tags[key]);
  const added = ownKeys.filter((key) => before.tags[key] === undefined && tags[key] !== undefined);
  // Sealing is the writer's to do, opening is not: so it goes by a call of its own.
  if (earlier.includes(STATE_TAG)) await target.setTags(ref, { [STATE_TAG]: before.tags[STATE_TAG] ?? "sealed" });
  const rest = earlier.filter((key) => key !== STATE_TAG);
  const setRest = async (): Promise<void> => {
    if (rest.length > 0)
      await target.setTags(ref, Object.fromEntries(rest.map((key) => [key, before.tags[key] ?? ""])));
  };
  if (added.includes(MIGRATION_TAG)) {
    await setRest();
    await target.removeTags(ref, added);
    return;
  }
  if (added.length > 0) await target.removeTags(ref, added);
  await setRest();
}
