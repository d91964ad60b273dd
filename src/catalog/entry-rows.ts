import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import type { MountInfo, SecretMetadata } from "./catalog-source.ts";
import { lookKey } from "./look-key.ts";
import { formatPath } from "./secret-path.ts";

export interface EntryDetails extends SecretMetadata {
  readonly id: number;
  readonly keyNames: readonly string[] | null;
}

/** Records mounts of every engine: what is not KV goes to a playbook, and people ask about it too. */
export async function writeMounts(store: Store, mounts: readonly MountInfo[], seenAt: Date): Promise<void> {
  if (mounts.length === 0) return;
  await store
    .insertInto("mount")
    .values(mounts.map(({ namespace, path, accessor, engine }) => ({ namespace, path, accessor, engine, seenAt })))
    .onConflict((conflict) =>
      conflict.columns(["namespace", "path"]).doUpdateSet((row) => ({
        accessor: row.ref("excluded.accessor"),
        engine: row.ref("excluded.engine"),
        seenAt: row.ref("excluded.seenAt"),
      })),
    )
    .execute();
}

/**
 * Adds the names, or marks them as seen again. What is known of an entry stays, unless its mount was replaced by
 * another under the same name: then only the name is the same.
 */
export async function writeNames(store: Store, mount: MountInfo, paths: readonly string[], at: Date): Promise<void> {
  if (paths.length === 0) return;
  const { namespace, path: mountPath, accessor, engine } = mount;
  const unique = [...new Set(paths)];
  const lookKeys = unique.map((path) => lookKey(formatPath({ namespace, mount: mountPath, path })));
  await sql`
    insert into entry (namespace, mount, mount_accessor, engine, path, look_key, seen_at)
    select ${namespace}, ${mountPath}, ${accessor}, ${engine}, path, look_key, ${at}
    from unnest(${unique}::text[], ${lookKeys}::text[]) as seen (path, look_key)
    on conflict (namespace, mount, path) do update set
      key_names = case when entry.mount_accessor = excluded.mount_accessor then entry.key_names end,
      current_version = case when entry.mount_accessor = excluded.mount_accessor then entry.current_version end,
      versions = case when entry.mount_accessor = excluded.mount_accessor then entry.versions else '[]' end,
      custom_metadata = case when entry.mount_accessor = excluded.mount_accessor then entry.custom_metadata else '{}' end,
      vault_created_at = case when entry.mount_accessor = excluded.mount_accessor then entry.vault_created_at end,
      vault_updated_at = case when entry.mount_accessor = excluded.mount_accessor then entry.vault_updated_at end,
      mount_accessor = excluded.mount_accessor, engine = excluded.engine, look_key = excluded.look_key,
      seen_at = greatest(entry.seen_at, excluded.seen_at), gone_at = null
  `.execute(store);
}

/** Writes what metadata and subkeys told, many entries in one statement. */
export async function writeDetails(store: Store, details: readonly EntryDetails[]): Promise<void> {
  if (details.length === 0) return;
  const rows = details.map((entry) => ({
    id: entry.id,
    current_version: entry.currentVersion,
    versions: entry.versions,
    custom_metadata: withoutNul(entry.customMetadata),
    key_names: entry.keyNames?.map(visibleNul) ?? null,
    vault_created_at: entry.createdAt,
    vault_updated_at: entry.updatedAt,
  }));
  await sql`
    update entry set current_version = read.current_version, versions = read.versions,
      custom_metadata = read.custom_metadata, key_names = read.key_names,
      vault_created_at = read.vault_created_at, vault_updated_at = read.vault_updated_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as read (id bigint, current_version integer, versions jsonb,
      custom_metadata jsonb, key_names jsonb, vault_created_at timestamptz, vault_updated_at timestamptz)
    where entry.id = read.id
  `.execute(store);
}

/**
 * Marks as gone what the listing that began at `since` did not show. Below folders that it could not read, nothing is
 * known, so nothing there is marked.
 * @returns How many were marked.
 */
export async function markGone(
  store: Store,
  mount: MountInfo,
  { since, unreadableFolders, at }: { since: Date; unreadableFolders: readonly string[]; at: Date },
): Promise<number> {
  const result = await sql`
    update entry set gone_at = ${at}
    where namespace = ${mount.namespace} and mount = ${mount.path} and gone_at is null and seen_at < ${since}
      and not exists (select from unnest(${[...unreadableFolders]}::text[]) as folder where starts_with(path, folder))
  `.execute(store);
  return Number(result.numAffectedRows ?? 0);
}

/** jsonb refuses U+0000, which a key name may hold. */
function visibleNul(text: string): string {
  return text.replaceAll("\u0000", "␀");
}
function withoutNul(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [visibleNul(key), visibleNul(value)]));
}
