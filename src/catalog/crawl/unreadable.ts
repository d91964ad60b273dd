import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import type { UnreadableKind } from "../../store/tables/catalog.ts";
import { formatPath } from "../secret-path.ts";
import { showName } from "../show-name.ts";

/** A part of Vault that a crawl could not see. */
export interface UnreadableBranch {
  readonly kind: UnreadableKind;
  readonly namespace: string;
  readonly mount: string;
  /** A folder, "" for the whole; for the kind name, the name as it may be shown. */
  readonly branch: string;
  readonly missingRight: string | null;
  /** A sentence. */
  readonly reason: string;
}

/** The same for people. */
export interface ShownBranch {
  readonly path: string;
  readonly reason: string;
  readonly missingRight: string | null;
  /** 0: nobody can know. */
  readonly secretCount: number;
}

/** How many one look at them shows: a missing right can hide thousands of folders one by one. */
const SHOWN_AT_MOST = 1_000;

/** Adds to what the crawl could not see; secrets of one folder that lack the same are counted in one row. */
export async function writeUnreadable(
  store: Store,
  crawlId: number,
  branches: readonly UnreadableBranch[],
): Promise<void> {
  if (branches.length === 0) return;
  const rows = [...Map.groupBy(branches, (branch) => JSON.stringify([branch.kind, ...placeOf(branch)])).values()];
  await store
    .insertInto("unreadableBranch")
    .values(
      rows.flatMap(([first, ...others]) => {
        if (first === undefined) return [];
        const isOfSecrets = first.kind === "metadata" || first.kind === "keys";
        return [{ ...first, crawlId, secretCount: isOfSecrets ? 1 + others.length : 0 }];
      }),
    )
    .onConflict((conflict) =>
      conflict.columns(["crawlId", "kind", "namespace", "mount", "branch"]).doUpdateSet((row) => ({
        secretCount: sql<number>`unreadable_branch.secret_count + ${row.ref("excluded.secretCount")}`,
      })),
    )
    .execute();
}

/** What a crawl could not see, by path. */
export async function listUnreadable(store: Store, crawlId: number): Promise<ShownBranch[]> {
  const rows = await store
    .selectFrom("unreadableBranch")
    .selectAll()
    .where("crawlId", "=", crawlId)
    .orderBy("namespace")
    .orderBy("mount")
    .orderBy("branch")
    .orderBy("kind")
    .limit(SHOWN_AT_MOST)
    .execute();
  return rows.map(({ kind, namespace, mount, branch, reason, missingRight, secretCount }) => {
    const full = formatPath({ namespace, mount, path: branch });
    const path = full === "" ? "the root namespace" : kind === "name" ? full : showName(full).shown;
    return { path, reason, missingRight, secretCount };
  });
}

export async function countUnreadable(store: Store, crawlId: number): Promise<number> {
  const { count } = await store
    .selectFrom("unreadableBranch")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("crawlId", "=", crawlId)
    .executeTakeFirstOrThrow();
  return count;
}

function placeOf({ namespace, mount, branch }: UnreadableBranch): string[] {
  return [namespace, mount, branch];
}
