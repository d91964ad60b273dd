import { sql } from "kysely";
import type { EntryDescription } from "../../catalog/describe-entry.ts";
import { isVisible, type Viewer } from "../../catalog/visibility.ts";
import type { Store } from "../../store/open-store.ts";
import { ENVIRONMENT_NAMES } from "./nouns.ts";
import { environmentsOf, SAME_PLACE_ELSEWHERE } from "./other-environments.ts";

export interface Sibling {
  readonly entryId: number;
  /** `mount/path`, exactly. */
  readonly path: string;
}

export interface Siblings {
  /** Beside it in its folder, the folders below left out. */
  readonly inFolder: { readonly count: number; readonly some: readonly Sibling[] };
  /** The same name where another environment's word stands in its path. */
  readonly elsewhere: readonly (Sibling & { readonly environment: string })[];
}

const NAMED_AT_MOST = 4;

/** The secrets around one, as far as this person may see them: hidden ones are neither named nor counted. */
export async function siblingsOf(
  store: Store,
  { entryId, source }: Pick<EntryDescription, "entryId" | "source">,
  viewer: Viewer,
): Promise<Siblings> {
  const folder = source.path.slice(0, source.path.lastIndexOf("/") + 1);
  const inFolder = store
    .selectFrom("entry")
    .where("namespace", "=", source.namespace)
    .where("mount", "=", source.mount)
    .where("goneAt", "is", null)
    .where("id", "!=", entryId)
    .where(sql<boolean>`starts_with(path, ${folder})`)
    .where(sql<boolean>`strpos(substr(path, ${folder.length + 1}), '/') = 0`)
    .where(isVisible(viewer));
  const others = environmentsOf(source).slice(0, SAME_PLACE_ELSEWHERE);
  const [counted, some, elsewhere] = await Promise.all([
    inFolder.select(({ fn }) => fn.countAll<number>().as("count")).executeTakeFirstOrThrow(),
    inFolder.select(["id", "fullPath"]).orderBy("path").limit(NAMED_AT_MOST).execute(),
    others.length === 0
      ? []
      : store
          .selectFrom("entry")
          .select(["id", "fullPath"])
          .where(
            "fullPath",
            "in",
            others.map(({ path }) => path),
          )
          .where("goneAt", "is", null)
          .where("id", "!=", entryId)
          .where(isVisible(viewer))
          .orderBy("fullPath")
          .limit(NAMED_AT_MOST * 2)
          .execute(),
  ]);
  return {
    inFolder: { count: Number(counted.count), some: some.map(({ id, fullPath }) => ({ entryId: id, path: fullPath })) },
    elsewhere: elsewhere.map(({ id, fullPath }) => {
      const environment = others.find(({ path }) => path === fullPath)?.environment ?? "";
      return { entryId: id, path: fullPath, environment: ENVIRONMENT_NAMES[environment] ?? environment };
    }),
  };
}
