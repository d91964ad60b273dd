import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import { prepared } from "../store/prepared.ts";
import type { MountInfo, SecretMetadata } from "./catalog-source.ts";
import { isCurrentVersionDeleted } from "./current-version.ts";
import { lookKey } from "./look-key.ts";
import { formatPath } from "./secret-path.ts";

export interface EntryDetails extends SecretMetadata {
  readonly id: number;
  readonly keyNames: readonly string[] | null;
}

/** How many of the names that were written are new, and how many this crawl had written before. */
export interface WrittenNames {
  readonly newCount: number;
  readonly againCount: number;
}

/** Records mounts of every engine: what is not KV goes to a playbook, and people ask about it too. */
export async function writeMounts(
  store: Store,
  mounts: readonly MountInfo[],
  seenAt: Date,
  crawlId: number | null = null,
): Promise<void> {
  if (mounts.length === 0) return;
  await store
    .insertInto("mount")
    .values(
      mounts.map(({ namespace, path, accessor, engine }) => ({
        ...{ namespace, path, accessor, engine, seenAt, seenIn: crawlId },
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["namespace", "path"]).doUpdateSet((row) => ({
        accessor: row.ref("excluded.accessor"),
        engine: row.ref("excluded.engine"),
        seenAt: row.ref("excluded.seenAt"),
        seenIn: sql<number | null>`coalesce(${row.ref("excluded.seenIn")}, mount.seen_in)`,
      })),
    )
    .execute();
}

/** What is known of an entry stays, unless its mount was replaced by another under the same name. */
const kept = (column: string, otherwise = "null") =>
  sql.raw(
    `${column} = case when entry.mount_accessor = excluded.mount_accessor then entry.${column} else ${otherwise} end`,
  );

/**
 * Adds the names, or marks them as seen again. What is known of an entry stays, unless its mount was replaced by
 * another under the same name: then only the name is the same.
 * @param crawlId The crawl that listed them; null: somebody asked about one.
 */
export async function writeNames(
  store: Store,
  mount: MountInfo,
  paths: readonly string[],
  at: Date,
  crawlId: number | null = null,
): Promise<WrittenNames> {
  if (paths.length === 0) return { newCount: 0, againCount: 0 };
  const { namespace, path: mountPath, accessor, engine } = mount;
  const unique = [...new Set(paths)];
  const lookKeys = unique.map((path) => lookKey(formatPath({ namespace, mount: mountPath, path })));
  const { rows } = await sql<WrittenNames>`${prepared}
    with seen as (
      select path, look_key from unnest(${unique}::text[], ${lookKeys}::text[]) as seen (path, look_key)
    ), known as (
      select count(*) filter (where gone_at is null) as live_count,
        count(*) filter (where seen_in = ${crawlId}::bigint) as again_count
      -- Row by row (offset keeps it so): joined as a whole, each batch would read all of its mount.
      from seen cross join lateral (select gone_at, seen_in from entry
        where namespace = ${namespace} and mount = ${mountPath} and entry.path = seen.path offset 0) as entry
    ), written as (
      insert into entry (namespace, mount, mount_accessor, engine, path, look_key, seen_at, seen_in)
      select ${namespace}, ${mountPath}, ${accessor}, ${engine}, path, look_key, ${at}, ${crawlId}::bigint
      from seen
      on conflict (namespace, mount, path) do update set
        ${kept("key_names")}, ${kept("current_version")}, ${kept("versions", "'[]'")},
        ${kept("custom_metadata", "'{}'")}, ${kept("vault_created_at")}, ${kept("vault_updated_at")},
        ${kept("version_mark")}, ${kept("keys_mark")}, ${kept("described_in")}, ${kept("keyed_in")},
        mount_accessor = excluded.mount_accessor, engine = excluded.engine, look_key = excluded.look_key,
        seen_at = greatest(entry.seen_at, excluded.seen_at), seen_in = coalesce(excluded.seen_in, entry.seen_in),
        gone_at = null
    )
    select ${unique.length} - live_count as "newCount", again_count as "againCount" from known
  `.execute(store);
  return rows[0] ?? { newCount: 0, againCount: 0 };
}

/** Writes what metadata and subkeys told, many entries in one statement. */
export async function writeDetails(store: Store, details: readonly EntryDetails[]): Promise<void> {
  await writeMetadata(store, details, null);
  await writeKeyNames(store, details, null);
}

/**
 * Writes what metadata told. A version that is not the one whose key names are known takes these away only if it is
 * deleted: otherwise they are asked for soon.
 * @param crawlId The crawl that asked; null: somebody asked about one.
 * @returns How many were known before, and are not as they were.
 */
export async function writeMetadata(
  store: Store,
  entries: readonly (SecretMetadata & { readonly id: number })[],
  crawlId: number | null,
  at = new Date(),
): Promise<{ readonly changedCount: number }> {
  if (entries.length === 0) return { changedCount: 0 };
  const rows = entries.map((entry) => ({
    id: entry.id,
    current_version: entry.currentVersion,
    versions: entry.versions,
    custom_metadata: withoutNul(entry.customMetadata),
    version_mark: versionMark(entry, at),
    vault_created_at: entry.createdAt,
    vault_updated_at: entry.updatedAt,
  }));
  const { rows: counts } = await sql<{ changedCount: number }>`
    with read as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as read (id bigint, current_version integer,
        versions jsonb, custom_metadata jsonb, version_mark text, vault_created_at timestamptz,
        vault_updated_at timestamptz)
    ), changed as (
      select entry.current_version is not null as was_known from read join entry using (id)
      where entry.current_version is distinct from read.current_version or entry.versions <> read.versions
        or entry.custom_metadata <> read.custom_metadata
    ), written as (
      update entry set current_version = read.current_version, versions = read.versions,
        custom_metadata = read.custom_metadata, version_mark = read.version_mark,
        key_names = case when read.version_mark is null then null else entry.key_names end,
        keys_mark = case when read.version_mark is null then null else entry.keys_mark end,
        vault_created_at = read.vault_created_at, vault_updated_at = read.vault_updated_at,
        described_in = coalesce(${crawlId}::bigint, entry.described_in)
      from read where entry.id = read.id
    )
    select count(*) filter (where was_known) as "changedCount" from changed
  `.execute(store);
  return counts[0] ?? { changedCount: 0 };
}

export interface EntryKeyNames {
  readonly id: number;
  /** null: not known. */
  readonly keyNames: readonly string[] | null;
  /** The version that was asked about, as the entry has it; absent: the one that was written just now. */
  readonly versionMark?: string | null;
}

/** Writes the key names of the current version. An entry that has another version by now is left as it is. */
export async function writeKeyNames(
  store: Store,
  entries: readonly EntryKeyNames[],
  crawlId: number | null,
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ id, keyNames, versionMark = null }) => ({
    ...{ id, key_names: keyNames?.map(visibleNul) ?? null, version_mark: versionMark },
  }));
  await sql`
    update entry set key_names = read.key_names,
      keys_mark = case when read.key_names is null then null else entry.version_mark end,
      keyed_in = coalesce(${crawlId}::bigint, entry.keyed_in)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as read (id bigint, key_names jsonb,
      version_mark text)
    where entry.id = read.id and (read.version_mark is null or read.version_mark = entry.version_mark)
  `.execute(store);
}

/**
 * Marks as gone what the crawl has not listed, in mounts that it has seen, and in those that are no longer there. Below
 * what it could not read nothing is known, so nothing there is marked.
 * @param completeNamespaces Where it has seen every mount, so that one it has not seen is no more.
 * @returns How many were marked.
 */
export async function markGone(
  store: Store,
  { crawlId, startedAt, completeNamespaces, at }: MarkGoneInput,
): Promise<number> {
  const result = await sql`
    update entry set gone_at = ${at}
    where gone_at is null and seen_in is distinct from ${crawlId} and seen_at < ${startedAt}
      and (namespace = any(${[...completeNamespaces]}::text[]) or exists (
        select from mount where mount.namespace = entry.namespace and mount.path = entry.mount
          and mount.seen_in = ${crawlId}))
      and not exists (select from unreadable_branch as unread
        where unread.crawl_id = ${crawlId} and unread.kind = 'folder' and unread.namespace = entry.namespace
          and unread.mount = entry.mount and starts_with(entry.path, unread.branch))
  `.execute(store);
  return Number(result.numAffectedRows ?? 0);
}

export interface MarkGoneInput {
  readonly crawlId: number;
  readonly startedAt: Date;
  readonly completeNamespaces: readonly string[];
  readonly at: Date;
}

/** Number and time of the version whose key names can be asked for, or null: there is none, or it is deleted. */
function versionMark(entry: SecretMetadata, at: Date): string | null {
  const current = entry.versions.find(({ version }) => version === entry.currentVersion);
  return current === undefined || isCurrentVersionDeleted(entry, at)
    ? null
    : `${current.version} ${current.createdTime}`;
}

/** jsonb refuses U+0000, which a key name may hold. */
function visibleNul(text: string): string {
  return text.replaceAll("\u0000", "␀");
}
function withoutNul(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [visibleNul(key), visibleNul(value)]));
}
