import { describeEntry, type EntryDescription } from "../../catalog/describe-entry.ts";
import { type EntryUsage, usageOfEntry } from "../../catalog/usage/usage-of-entry.ts";
import type { Viewer } from "../../catalog/visibility.ts";
import type { Store } from "../../store/open-store.ts";
import { type Owner, ownerOf } from "../owner-of.ts";
import type { Team } from "../team.ts";
import { type Identity, identify } from "./identity.ts";
import { type Siblings, siblingsOf } from "./siblings.ts";

/** All that is told of one secret to one person. Every surface shows the same, each in its own way. */
export interface SecretAnswer {
  readonly entry: EntryDescription;
  readonly identity: Identity;
  readonly usage: EntryUsage;
  readonly owner: Owner;
  readonly siblings: Siblings;
  /** When it was put together: ages count from here. */
  readonly at: Date;
}

export interface AnswerDeps {
  readonly store: Store;
  readonly teams: readonly Team[];
  readonly now: () => Date;
}

/**
 * Answers "what is this secret" from what is stored: Vault is not asked, and neither is a model.
 * @throws {EntryUnknownError} {PathHiddenError} This person may not see it.
 */
export async function answerOf(
  { store, teams, now }: AnswerDeps,
  entryId: number,
  viewer: Viewer,
): Promise<SecretAnswer> {
  const at = now();
  const entry = await describeEntry(store, entryId, viewer, at);
  const [usage, owner, siblings] = await Promise.all([
    usageOfEntry(store, entryId, at),
    ownerOf(store, teams, entryId),
    siblingsOf(store, entry, viewer),
  ]);
  return { entry, identity: identify(entry), usage, owner, siblings, at };
}
