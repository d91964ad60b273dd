import { type RawBuilder, sql } from "kysely";
import type { Store } from "../../store/open-store.ts";

export interface ReadEntry {
  readonly entryId: number;
  readonly fullPath: string;
  /** By these clients. */
  readonly lastReadAt: Date;
  readonly reads: number;
  /** Which of the names they came under, at most 10. */
  readonly readers: readonly string[];
}

export interface ReadByClients {
  /** Vault roles or display names; `*` at the end fits the rest. */
  readonly names: readonly string[];
  readonly limit: number;
  readonly offset?: number;
  /** A condition on `entry.full_path`, for what one person may see. */
  readonly visible?: RawBuilder<boolean>;
}

/** The entries that these clients read, the last read first. */
export async function usageByClients(
  store: Store,
  { names, limit, offset = 0, visible = sql<boolean>`true` }: ReadByClients,
): Promise<{ entries: readonly ReadEntry[]; hasMore: boolean }> {
  if (names.length === 0) return { entries: [], hasMore: false };
  const { rows } = await sql<ReadEntry>`
    with theirs as (select id, coalesce(nullif(role, ''), display_name) as reader from usage_client where ${isNamedClient(names)}),
    used as (
      select path_id, max(last_read_at) as last_read_at, sum(reads)::float8 as reads,
        (array_agg(distinct reader))[1:10] as readers
      from theirs join usage_by_client on client_id = theirs.id
      where last_read_at is not null group by path_id
    )
    select entry.id as entry_id, entry.full_path, used.last_read_at, used.reads, used.readers
    from used join usage_path path on path.id = used.path_id
      join entry on entry.namespace = path.namespace and entry.mount = path.mount and entry.path = path.path
    where entry.gone_at is null and ${visible}
    order by used.last_read_at desc, entry.full_path limit ${limit + 1} offset ${offset}
  `.execute(store);
  return { entries: rows.slice(0, limit), hasMore: rows.length > limit };
}

/** A condition on usage_client: these roles or display names, `*` at the end for any rest. */
export function isNamedClient(names: readonly string[]): RawBuilder<boolean> {
  const beginnings = names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  const whole = names.filter((name) => !name.endsWith("*"));
  return sql<boolean>`(role = any(${whole}::text[]) or display_name = any(${whole}::text[]) or exists (
    select from unnest(${beginnings}::text[]) as beginning
    where starts_with(role, beginning) or starts_with(display_name, beginning)
  ))`;
}
