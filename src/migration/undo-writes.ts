import type { ApprovalStatement } from "../approvals/content.ts";
import { targetsOf } from "../approvals/target-places.ts";
import { type UndoTargetDeps, undoTarget } from "./undo-target.ts";
import type { WriteList } from "./write-list.ts";

/**
 * Takes back all that one run wrote, the last target first. The same call twice does it once.
 * @returns What was done and what can't be put back, for people.
 * @throws {TargetError} AWS did not answer or refused: call again later.
 */
export async function undoWrites(deps: UndoTargetDeps, statement: ApprovalStatement, list: WriteList): Promise<string> {
  const { settings, tags } = statement;
  const texts = new Map<string, string[]>();
  for (const ref of targetsOf(statement).toReversed()) {
    const write = list.targets.find(({ name }) => name === ref.name);
    if (!write) continue;
    const text = await undoTarget(deps, ref, { migrationId: list.migrationId, settings, tags, write });
    texts.set(text, [ref.name, ...(texts.get(text) ?? [])]);
  }
  const [only, ...others] = texts.keys();
  if (only !== undefined && others.length === 0) return only;
  return [...texts].map(([text, names]) => `${names.join(", ")}: ${text}`).join(" ");
}
