import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { entryName } from "../entry-name.ts";
import { formatPath, type SecretPath } from "../secret-path.ts";
import { hiddenBy, isVisible, type Viewer, type VisibilityRule } from "../visibility.ts";
import type { SearchHit } from "./search-query.ts";

/** The sources that a target of this name would have, by the rules of the allowed targets. */
export type PlannedSources = (name: string) => readonly SecretPath[];

const ARN = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):(\d{12}):secret:([A-Za-z0-9/_+=.@-]+)$/;
const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
/** AWS puts it behind the name in an ARN; people copy it along, or leave it out. */
const SUFFIX = /-[A-Za-z0-9]{6}$/;

/**
 * Finds what goes, or went, to a target in AWS that was named by its ARN or its name.
 * @returns null: the text is neither, or nothing is known of it. A rule: the name says which path it is for, and that
 * path is kept from the viewer.
 */
export async function findByTarget(
  store: Store,
  text: string,
  viewer: Viewer,
  plannedSources: PlannedSources,
): Promise<readonly SearchHit[] | VisibilityRule | null> {
  const typed = text.trim();
  const [, region = null, accountId = null, ofArn = null] = ARN.exec(typed) ?? [];
  const name = ofArn ?? (NAME.test(typed) && !typed.startsWith("arn:") ? typed : null);
  if (name === null) return null;
  const names = [...new Set([name, ...(ofArn === null ? [] : [name.replace(SUFFIX, "")])])];
  const planned = names.flatMap(plannedSources);
  const hidden = planned.map((source) => hiddenBy(viewer, formatPath(source))).find((rule) => rule !== null);
  if (hidden) return hidden;
  const lower = names.map((one) => one.toLowerCase());
  const places = lower.map((one) => `${accountId}\n${region}\n${one}`);
  const { rows } = await sql<{ id: number; fullPath: string; goneAt: Date | null; isRequested: boolean }>`
    select id, full_path, gone_at, bool_or(is_requested) as is_requested
    from (
      select entry_id, true as is_requested from request
      where target_names(places) && ${lower}::text[] ${accountId === null ? sql`` : sql`and places && ${places}::text[]`}
      union all
      select entry.id, false from entry
      join jsonb_to_recordset(${JSON.stringify(planned)}::jsonb) as planned (namespace text, mount text, path text)
        using (namespace, mount, path)
    ) as by_target
    join entry on entry.id = by_target.entry_id
    where ${isVisible(viewer)}
    group by id, full_path, gone_at order by full_path limit 20
  `.execute(store);
  if (rows.length === 0) return null;
  return rows.map((row) => ({
    ...entryName(row),
    because: `${row.isRequested ? "target" : "name that it would get,"} ${names.at(-1)}`,
    apart: "",
    fit: "name" as const,
  }));
}
