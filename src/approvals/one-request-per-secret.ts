import type { Selectable } from "kysely";
import { EntryUnknownError } from "../catalog/describe-entry.ts";
import type { Store } from "../store/open-store.ts";
import type { EntryTable } from "../store/tables/catalog.ts";
import type { RequestStatus } from "../store/tables/requests.ts";
import type { RequestSource } from "./content.ts";
import { AlreadyMigratedError, OpenRequestExistsError } from "./errors.ts";
import { type FinishKeys, findLastFinish } from "./last-finish.ts";

type EntryRow = Selectable<EntryTable>;

/** A request in one of these is under way; one at a time for each secret. */
export const OPEN_STATUSES: readonly RequestStatus[] = ["waiting", "approved", "migrating"];

/**
 * Locks the catalogue's entry, so that two requests for one secret are judged one after the other.
 * @throws {EntryUnknownError} Not in the catalogue, gone from Vault, or on a mount that was replaced since.
 */
export async function lockEntry(
  tx: Store,
  { namespace, mount, path, mountAccessor }: Pick<RequestSource, "namespace" | "mount" | "path" | "mountAccessor">,
): Promise<EntryRow> {
  const entry = await tx
    .selectFrom("entry")
    .selectAll()
    .where("namespace", "=", namespace)
    .where("mount", "=", mount)
    .where("path", "=", path)
    .forUpdate()
    .executeTakeFirst();
  if (!entry || entry.goneAt !== null || entry.mountAccessor !== mountAccessor)
    throw new EntryUnknownError(entry?.id ?? null);
  return entry;
}

/** @throws {OpenRequestExistsError} Backed by the unique index `one_open_request_per_entry`. */
export async function assertNoOtherOpenRequest(tx: Store, entryId: number, ownId: string | null): Promise<void> {
  const open = await tx
    .selectFrom("request")
    .select(["id", "requester"])
    .where("entryId", "=", entryId)
    .where("status", "in", OPEN_STATUSES)
    .$if(ownId !== null, (query) => query.where("id", "!=", ownId))
    .executeTakeFirst();
  if (open) throw new OpenRequestExistsError(open.id, open.requester);
}

/** True if a finished move of `movedVersion` is a move of what Vault has now. KV v1 has no versions: there any counts. */
export function isSameVersion(movedVersion: number | null, currentVersion: number | null): boolean {
  return currentVersion === null || movedVersion === currentVersion;
}

/** @throws {AlreadyMigratedError} This version was moved and not undone, and no operator allowed it once more. */
export async function assertNotAlreadyMigrated(
  tx: Store,
  { id, currentVersion, mountAccessor, path }: Pick<EntryRow, "id" | "currentVersion" | "mountAccessor" | "path">,
  keys: FinishKeys,
): Promise<void> {
  const moves = await tx
    .selectFrom("migration")
    .innerJoin("request", "request.id", "migration.requestId")
    .select(["request.id", "migration.vaultVersion"])
    .where("request.entryId", "=", id)
    .where("migration.state", "=", "done")
    .execute();
  const moved = moves.find(({ vaultVersion }) => isSameVersion(vaultVersion, currentVersion));
  if (!moved) return;
  const last = await findLastFinish(tx, keys, { mountAccessor, path, vaultVersion: moved.vaultVersion });
  if (last.statementId === null || !last.isFree) throw new AlreadyMigratedError(moved.id, currentVersion);
}

/** Like {@link lockEntry}, for a request whose entry is known. */
export async function lockEntryById(tx: Store, entryId: number): Promise<void> {
  await tx.selectFrom("entry").select("id").where("id", "=", entryId).forUpdate().executeTakeFirst();
}
