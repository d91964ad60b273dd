import { sql } from "kysely";
import type { SecretPath } from "../../catalog/secret-path.ts";
import type { Store } from "../../store/open-store.ts";

/** Rows in memory at once. */
export const PAGE_SIZE = 500;

export type NameRow = SecretPath & { readonly id: number; readonly engine: string };
export type FactRow = Awaited<ReturnType<typeof factPage>>[number];

/** Names of secrets that are still in Vault, by mount and path. */
export const readNamePages = (store: Store) => pages((after) => namePage(store, after));
/** What the verdicts need, of what is gone too, by mount and path. */
export const readFactPages = (store: Store) => pages((after) => factPage(store, after));

async function* pages<Row extends SecretPath>(read: (after: SecretPath | null) => Promise<Row[]>) {
  for (let after: SecretPath | null = null; ; ) {
    const page: Row[] = await read(after);
    if (page.length > 0) yield page;
    if (page.length < PAGE_SIZE) return;
    after = page.at(-1) ?? null;
  }
}

function namePage(store: Store, after: SecretPath | null): Promise<NameRow[]> {
  return entriesAfter(store, after)
    .select(["id", "namespace", "mount", "path", "engine"])
    .where("goneAt", "is", null)
    .where("engine", "in", ["kv-v1", "kv-v2"])
    .execute();
}

function factPage(store: Store, after: SecretPath | null) {
  return entriesAfter(store, after)
    .select([
      "id",
      "namespace",
      "mount",
      "path",
      "engine",
      "currentVersion",
      "versions",
      "keyNames",
      "goneAt",
      "lookKey",
    ])
    .execute();
}

/** In the order of the unique index, which also finds where a page begins. */
function entriesAfter(store: Store, after: SecretPath | null) {
  const query = store.selectFrom("entry").orderBy("namespace").orderBy("mount").orderBy("path").limit(PAGE_SIZE);
  if (after === null) return query;
  const { namespace, mount, path } = after;
  return query.where(sql<boolean>`(namespace, mount, path) > (${namespace}, ${mount}, ${path})`);
}
