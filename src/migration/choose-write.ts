import { ApprovalStatement, type RequestSource } from "../approvals/content.ts";
import { readSigned, SignatureRefusedError } from "../approvals/read-signed.ts";
import type { Keyring, Signed } from "../audit/signing.ts";
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
  /** null: it is created, and AWS says then. */
  readonly arn: string | null;
}

export interface ChooseWriteDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly target: Pick<SecretTarget, "describe">;
  readonly installation: string;
}

/**
 * Looks at the target and decides; changes nothing.
 * @throws {TargetNotOursError} It exists and another path, another installation or a person made it.
 * @throws {TargetTombstonedError} It is scheduled for deletion and not by us.
 */
export async function chooseWrite(
  deps: ChooseWriteDeps,
  { target: ref, source }: Pick<ApprovalStatement, "target" | "source">,
): Promise<ChosenWrite> {
  const state = await deps.target.describe(ref);
  if (state.status === "absent") return { kind: "create", previousVersionId: null, arn: null };
  const isOurs = await isWrittenForPath(deps, state, source);
  if (!isOurs) {
    if (state.deletionDate === null) throw new TargetNotOursError();
    throw new TargetTombstonedError({ operation: "DescribeSecret", target: ref });
  }
  const kind = state.deletionDate === null ? "put" : "restore-and-put";
  return { kind, previousVersionId: state.currentVersionId, arn: state.arn };
}

/** The tags say which run wrote it; only what was signed for that run says for which path it was. */
async function isWrittenForPath(
  { store, keyring, installation }: ChooseWriteDeps,
  state: Extract<TargetState, { status: "present" }>,
  { namespace, mount, path }: RequestSource,
): Promise<boolean> {
  const migrationId = state.tags[MIGRATION_TAG];
  if (state.tags[INSTALLATION_TAG] !== installation || migrationId === undefined) return false;
  const signed = await store
    .selectFrom("migration")
    .innerJoin("statement", "statement.id", "migration.statementId")
    .select(["bytes", "signature", "keyId"])
    .where((eb) => eb.cast<string>("migration.id", "text"), "=", migrationId)
    .executeTakeFirst();
  if (!signed) return false;
  const written = readOrNull(keyring, signed)?.source;
  return written?.namespace === namespace && written.mount === mount && written.path === path;
}

/** A statement that was altered since says nothing. */
function readOrNull(keyring: Keyring, signed: Signed): ApprovalStatement | null {
  try {
    return readSigned(keyring, "approval", signed, ApprovalStatement);
  } catch (error) {
    if (error instanceof SignatureRefusedError) return null;
    throw error;
  }
}
