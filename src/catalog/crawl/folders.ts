import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import type { MountInfo } from "../catalog-source.ts";
import { roleListsOf } from "../playbooks.ts";

/** A folder of a mount, "" for the whole mount, otherwise ending in "/". */
export interface Folder {
  readonly mount: MountInfo;
  readonly folder: string;
}

/** Where the listing of a mount begins: KV at its root, other engines at the lists of their roles. */
export function firstFolders(mount: MountInfo): Folder[] {
  if (mount.engine === "kv-v1" || mount.engine === "kv-v2") return [{ mount, folder: "" }];
  return roleListsOf(mount.engine).map((list) => ({ mount, folder: `${list}/` }));
}

/** What is known and not listed yet. Folders of mounts that are no longer there are left out. */
export async function readFolders(store: Store, crawlId: number, mounts: readonly MountInfo[]): Promise<Folder[]> {
  const mountAt = new Map(mounts.map((mount) => [`${mount.namespace}\n${mount.path}`, mount]));
  const rows = await store
    .selectFrom("crawlFolder")
    .select(["namespace", "mount", "folder"])
    .where("crawlId", "=", crawlId)
    .execute();
  return rows.flatMap(({ namespace, mount: path, folder }) => {
    const mount = mountAt.get(`${namespace}\n${path}`);
    return mount === undefined ? [] : [{ mount, folder }];
  });
}

export async function addFolders(store: Store, crawlId: number, folders: readonly Folder[]): Promise<void> {
  if (folders.length === 0) return;
  const { namespaces, mounts, names } = columnsOf(folders);
  await sql`
    insert into crawl_folder (crawl_id, namespace, mount, folder)
    select ${crawlId}, * from unnest(${namespaces}::text[], ${mounts}::text[], ${names}::text[])
    on conflict do nothing
  `.execute(store);
}

export async function removeFolders(store: Store, crawlId: number, folders: readonly Folder[]): Promise<void> {
  if (folders.length === 0) return;
  const { namespaces, mounts, names } = columnsOf(folders);
  await sql`
    delete from crawl_folder using unnest(${namespaces}::text[], ${mounts}::text[], ${names}::text[])
      as listed (namespace, mount, folder)
    where crawl_id = ${crawlId} and crawl_folder.namespace = listed.namespace and crawl_folder.mount = listed.mount
      and crawl_folder.folder = listed.folder
  `.execute(store);
}

function columnsOf(folders: readonly Folder[]) {
  return {
    namespaces: folders.map(({ mount }) => mount.namespace),
    mounts: folders.map(({ mount }) => mount.path),
    names: folders.map(({ folder }) => folder),
  };
}
