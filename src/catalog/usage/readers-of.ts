import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";

/** Who reads a path, all addresses together. null where the log does not tell. */
export interface Reader {
  readonly role: string | null;
  readonly displayName: string | null;
  readonly reads: number;
}

const LISTED_AT_MOST = 50;

/** Who reads each of these entries, the heaviest first, as far as Vault's audit log was read. One query. */
export async function readersOfEntries(
  store: Store,
  entryIds: readonly number[],
): Promise<(entryId: number) => readonly Reader[]> {
  const { rows } = await sql<Reader & { readonly entryId: number }>`
    select entry.id as entry_id, nullif(role, '') as role, nullif(display_name, '') as display_name,
      sum(reads)::float8 as reads
    from entry
      join usage_path using (namespace, mount, path)
      join usage_by_client used on used.path_id = usage_path.id
      join usage_client client on client.id = used.client_id
    where entry.id = any(${[...entryIds]}::bigint[]) and used.reads > 0
    group by entry.id, role, display_name order by 4 desc, role, display_name
  `.execute(store);
  const byEntry = Map.groupBy(rows, ({ entryId }) => entryId);
  return (entryId) =>
    (byEntry.get(entryId) ?? [])
      .slice(0, LISTED_AT_MOST)
      .map(({ role, displayName, reads }) => ({ role, displayName, reads }));
}
