import { ApprovalStatement, type RequestSource, type TargetRef } from "../approvals/content.ts";
import { readSigned, SignatureRefusedError } from "../approvals/read-signed.ts";
import type { Keyring, Signed } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import type { PresentTarget, SecretTarget } from "./secret-target.ts";
import { INSTALLATION_TAG, MIGRATION_TAG } from "./target-tags.ts";
import { currentOf, type TargetBefore, type TargetWrite } from "./write-list.ts";

/** How a value gets to its target, and what an undo must know. */
export interface ChosenWrite {
  readonly verdict: "write";
  /** null: it is created. */
  readonly before: TargetBefore | null;
  readonly isAdopted: boolean;
  /** The version that has a label right now. On a repeat: that had it before the first attempt. */
  readonly previousVersionId: (stage: string) => string | null;
}

/** The target is somebody else's. */
export interface FoundConflict {
  readonly verdict: "conflict";
  readonly ref: TargetRef;
  readonly state: PresentTarget;
  /** Somebody said to take it over, and it is no longer what they saw. */
  readonly hasChanged: boolean;
}

export interface ChooseWriteDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly target: Pick<SecretTarget, "describe" | "readPolicy">;
  readonly installation: string;
}

/**
 * Looks at one target and decides; changes nothing. Our own tombstone, from our own undo, is restored without asking.
 * @param journaled What this run meant to write there before a crash, or null.
 */
export async function chooseWrite(
  deps: ChooseWriteDeps,
  statement: Pick<ApprovalStatement, "source" | "adopt" | "settings">,
  { ref, migrationId, journaled }: { ref: TargetRef; migrationId: string; journaled: TargetWrite | null },
): Promise<ChosenWrite | FoundConflict> {
  const state = await deps.target.describe(ref);
  if (state.status === "absent") {
    return { verdict: "write", before: null, isAdopted: false, previousVersionId: () => null };
  }
  if (journaled && isBegun(state, journaled, migrationId)) return goOn(journaled);
  const isOurs = await isWrittenForPath(deps, state, statement.source);
  if (!isOurs && !isAsAdopted(state, statement.adopt)) {
    return { verdict: "conflict", ref, state, hasChanged: statement.adopt !== null };
  }
  const previousVersionId = (stage: string): string | null =>
    Object.entries(state.stagesByVersion).find(([, stages]) => stages.includes(stage))?.[0] ?? null;
  const before = await describeBefore(deps.target, ref, state, statement.settings.resourcePolicy !== null);
  return { verdict: "write", before, isAdopted: !isOurs, previousVersionId };
}

/** A crash came after our first change: how it was before stands in the journal alone. */
function isBegun(state: PresentTarget, { before, versions }: TargetWrite, migrationId: string): boolean {
  if (state.tags[MIGRATION_TAG] === migrationId) return true;
  const isRestored = before?.isTombstone === true && state.deletionDate === null && state.arn === before.arn;
  return isRestored && state.currentVersionId === currentOf({ versions }).previousVersionId;
}

function goOn({ before, isAdopted, versions }: TargetWrite): ChosenWrite {
  const previousVersionId = (wanted: string): string | null =>
    versions.find(({ stage }) => stage === wanted)?.previousVersionId ?? null;
  return { verdict: "write", before, isAdopted, previousVersionId };
}

function isAsAdopted(state: PresentTarget, adopt: ApprovalStatement["adopt"]): boolean {
  return (
    adopt !== null &&
    state.arn === adopt.arn &&
    state.currentVersionId === adopt.versionId &&
    (state.deletionDate !== null) === adopt.isTombstone
  );
}

async function describeBefore(
  target: ChooseWriteDeps["target"],
  ref: TargetRef,
  state: PresentTarget,
  setsPolicy: boolean,
): Promise<TargetBefore> {
  const isTombstone = state.deletionDate !== null;
  return {
    arn: state.arn,
    tags: { ...state.tags },
    description: state.description,
    kmsKeyId: state.kmsKeyId,
    replicaRegions: state.replicas.map(({ region }) => region),
    resourcePolicy: setsPolicy && !isTombstone ? await target.readPolicy(ref) : null, // AWS shows none of a tombstone
    isTombstone,
  };
}

/** The tags say which run wrote it; only what was signed for that run says for which path it was. */
async function isWrittenForPath(
  { store, keyring, installation }: ChooseWriteDeps,
  state: PresentTarget,
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
