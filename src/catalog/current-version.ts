import type { EntryVersion } from "../store/tables/catalog.ts";

/** True when the version that a plain read would get is deleted or destroyed. False where there are no versions (KV v1). */
export function isCurrentVersionDeleted(
  { currentVersion, versions }: { currentVersion: number | null; versions: readonly EntryVersion[] },
  at: Date,
): boolean {
  const current = versions.find(({ version }) => version === currentVersion);
  if (current === undefined) return false;
  // `delete_version_after` writes a time that is still to come.
  const isDeleted = current.deletionTime !== null && new Date(current.deletionTime) <= at;
  return current.isDestroyed || isDeleted;
}

/**
 * When the version that a plain read would get was deleted, or will be; null where it was not. A destroyed one has no
 * time of its own: it counts as deleted since for ever.
 */
export function currentVersionDeletedAt({
  currentVersion,
  versions,
}: {
  currentVersion: number | null;
  versions: readonly EntryVersion[];
}): string | null {
  const current = versions.find(({ version }) => version === currentVersion);
  if (current === undefined) return null;
  return current.isDestroyed ? "-infinity" : current.deletionTime;
}
