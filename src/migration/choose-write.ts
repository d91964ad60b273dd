import type { TargetRef } from "../approvals/content.ts";
import type { Store } from "../store/open-store.ts";
import type { WriteKind } from "../store/schema.ts";
import { TargetNotOursError } from "./engine-errors.ts";
import type { SecretTarget, TargetState } from "./secret-target.ts";
import { TargetTombstonedError } from "./target-errors.ts";
import { INSTALLATION_TAG, MIGRATION_TAG } from "./target-tags.ts";

/** How the value gets there, and what undo must know. */
export interface ChosenWrite {
  /** Our own tombstone, from our own undo, is restored without asking. */
  readonly kind: WriteKind;
  readonly previousVersionId: string | null;
}

export interface ChooseWriteDeps {
  readonly store: Store;
  readonly target: Pick<SecretTarget, "describe">;
  readonly installation: string;
}

/**
 * Looks at the target and decides; changes nothing.
 * @throws {TargetNotOursError} It exists and another path, another installation or a person made it.
 * @throws {TargetTombstonedError} It is scheduled for deletion and not by us.
 */
export async function chooseWrite(deps: ChooseWriteDeps, ref: TargetRef, entryId: number): Promise<ChosenWrite> {
  const state = await deps.target.describe(ref);
  if (state.status === "absent") return { kind: "create", previousVersionId: null };
  const isOurs = await isWrittenForEntry(deps, state, entryId);
  if (!isOurs) {
    if (state.deletionDate === null) throw new TargetNotOursError();
    throw new TargetTombstonedError({ operation: "DescribeSecret", target: ref });
  }
  const kind = state.deletionDate === null ? "put" : "restore-and-put";
  return { kind, previousVersionId: state.currentVersionId };
}

/** The tags say which run wrote it; only our own records say for which path that run was. */
async function isWrittenForEntry(
  { store, installation }: ChooseWriteDeps,
  state: Extract<TargetState, { status: "present" }>,
  entryId: number,
): Promise<boolean> {
  const migrationId = state.tags[MIGRATION_TAG];
  if (state.tags[INSTALLATION_TAG] !== installation || migrationId === undefined) return false;
  const row = await store
    .selectFrom("migration")
    .innerJoin("request", "request.id", "migration.requestId")
    .select("request.entryId")
    .where((eb) => eb.cast<string>("migration.id", "text"), "=", migrationId)
    .executeTakeFirst();
  return row?.entryId === entryId;
}
