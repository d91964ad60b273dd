import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import type { Engine } from "../../store/tables/catalog.ts";
import type { CatalogSource, MountInfo } from "../catalog-source.ts";
import { writeMounts } from "../entry-rows.ts";
import { addFolders, firstFolders } from "./folders.ts";
import { type UnreadableBranch, writeUnreadable } from "./unreadable.ts";

export interface FoundMounts {
  readonly mounts: readonly MountInfo[];
  /** Where these are all that there are, so that a mount that is not among them is no more. */
  readonly completeNamespaces: readonly string[];
}

/**
 * Asks every namespace for its mounts, and puts each that this crawl has not seen (or that was replaced since) down to
 * be listed. Also a crawl that is gone on with asks again: a call for each namespace, and mounts come and go.
 */
export async function findMounts(
  { store, source, now }: { store: Store; source: CatalogSource; now: () => Date },
  crawlId: number,
): Promise<FoundMounts> {
  const { namespaces, unreadable } = await source.listNamespaces();
  const lists: { namespace: string; mounts: readonly MountInfo[]; missingRight: string | null }[] = [];
  for (const namespace of namespaces) lists.push({ namespace, ...(await source.listMounts(namespace)) });
  const mounts = lists.flatMap((list) => list.mounts);
  const begun = await begunMounts(store, crawlId);
  const isBegun = (mount: MountInfo): boolean => begun.has(mountKey(mount));
  const branches = [
    ...unreadable.map(({ namespace, missingRight }) => unreadableNamespace(namespace, missingRight)),
    ...lists.flatMap(({ namespace, missingRight }) =>
      missingRight === null ? [] : [unlistedMounts(namespace, missingRight)],
    ),
  ];
  await store.transaction().execute(async (tx) => {
    await addFolders(tx, crawlId, mounts.filter((mount) => !isBegun(mount)).flatMap(firstFolders));
    await writeMounts(tx, mounts, now(), crawlId);
    await tx.updateTable("crawl").set({ mountCount: mounts.length }).where("id", "=", crawlId).execute();
    await writeUnreadable(tx, crawlId, branches);
  });
  const completeNamespaces = lists.filter(({ missingRight }) => missingRight === null).map((list) => list.namespace);
  return { mounts, completeNamespaces };
}

/** Mounts of a namespace that the newest crawl saw, but for those in which it could list nothing. */
export async function listReadableMounts(
  store: Store,
  namespace: string,
): Promise<{ readonly path: string; readonly engine: Engine }[]> {
  return store
    .selectFrom("mount")
    .select(["path", "engine"])
    .where("namespace", "=", namespace)
    .where(
      sql<boolean>`not exists (select from unreadable_branch as unread
        where unread.crawl_id = mount.seen_in and unread.kind = 'folder' and unread.namespace = mount.namespace
          and unread.mount = mount.path and (unread.branch = '' or mount.engine not in ('kv-v1', 'kv-v2')))`,
    )
    .orderBy("path")
    .execute();
}

/** Mounts that an earlier crawl saw and this one does not: no more where all are seen, otherwise perhaps hidden. */
export async function settleUnseenMounts(
  store: Store,
  crawlId: number,
  { completeNamespaces }: FoundMounts,
): Promise<{ readonly hiddenCount: number }> {
  const unseen = store.selectFrom("mount").where("seenIn", "is distinct from", crawlId);
  const rows = await unseen.select(["namespace", "path"]).execute();
  const hidden = rows.filter(({ namespace }) => !completeNamespaces.includes(namespace));
  await writeUnreadable(
    store,
    crawlId,
    hidden.map(({ namespace, path }) => hiddenMount(namespace, path)),
  );
  for (const { namespace, path } of rows) {
    if (!completeNamespaces.includes(namespace)) continue;
    await store.deleteFrom("mount").where("namespace", "=", namespace).where("path", "=", path).execute();
  }
  return { hiddenCount: hidden.length };
}

/** Those whose listing has begun or ended, in the form that they have now. */
async function begunMounts(store: Store, crawlId: number): Promise<ReadonlySet<string>> {
  const rows = await store
    .selectFrom("mount")
    .select(["namespace", "path", "accessor", "engine"])
    .where("seenIn", "=", crawlId)
    .execute();
  return new Set(rows.map(mountKey));
}

function mountKey({ namespace, path, accessor, engine }: MountInfo): string {
  return JSON.stringify([namespace, path, accessor, engine]);
}

const ofMount = { kind: "mount", branch: "" } as const;

function unreadableNamespace(namespace: string, missingRight: string): UnreadableBranch {
  const reason = `Namespaces below it, if there are any: the catalog identity lacks ${missingRight}.`;
  return { kind: "namespace", namespace, mount: "", branch: "", missingRight, reason };
}

function unlistedMounts(namespace: string, missingRight: string): UnreadableBranch {
  const reason = `Mounts on which the catalog identity has no right, if there are any: it lacks ${missingRight}.`;
  return { ...ofMount, namespace, mount: "", missingRight, reason };
}

function hiddenMount(namespace: string, mount: string): UnreadableBranch {
  const reason = "The catalog identity no longer sees this mount: it was disabled, or the right was taken away.";
  return { ...ofMount, namespace, mount, missingRight: null, reason };
}
