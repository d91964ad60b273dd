import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";

/** Who reads a path, all addresses together. null where the log does not tell. */
export interface Reader {
  readonly role: string | null;
  readonly displayName: string | null;
  readonly reads: number;
}

const LISTED_AT_MOST = 50;

/** Who reads an entry, the heaviest first, as far as Vault's audit log was read. */
export async function readersOf(store: Store, entryId: number): Promise<Reader[]> {
  const { rows } = await sql<Reader>`
    select nullif(role, '') as role, nullif(display_name, '') as display_name, sum(reads)::float8 as reads
    from entry
      join usage_path using (namespace, mount, path)
      join usage_by_client used on used.path_id = usage_path.id
      join usage_client client on client.id = used.client_id
    where entry.id = ${entryId} and used.reads > 0
    group by role, display_name order by 3 desc, role, display_name limit ${sql.lit(LISTED_AT_MOST)}
  `.execute(store);
  return rows;
}
