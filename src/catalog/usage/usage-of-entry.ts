import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { type EntryUsageSummary, usageOfEntries } from "./usage-of-entries.ts";

/** Who used a path, as Vault's audit log names them; null where it does not tell. */
export interface UsageClient {
  readonly entityId: string | null;
  readonly role: string | null;
  readonly displayName: string | null;
  readonly address: string | null;
  readonly reads: number;
  /** Of a reader its last read, of a writer its last write. */
  readonly lastAt: Date;
}

export interface EntryUsage extends EntryUsageSummary {
  /** Newest first, at most 50, each address of a client apart. */
  readonly clients: readonly UsageClient[];
  readonly writers: readonly UsageClient[];
}

const LISTED_AT_MOST = 50;

/** Who uses an entry, as far as Vault's audit log was read. */
export async function usageOfEntry(store: Store, entryId: number, now: Date): Promise<EntryUsage> {
  const { of } = await usageOfEntries(store, [entryId], now);
  return {
    ...of(entryId),
    clients: await listClients(store, entryId, { last: "last_read_at" }),
    writers: await listClients(store, entryId, { last: "last_write_at" }),
  };
}

/** @param since Only those who came after it. */
export async function listClients(
  store: Store,
  entryId: number,
  { last, since = null }: { last: "last_read_at" | "last_write_at"; since?: Date | null },
): Promise<UsageClient[]> {
  const at = sql.ref(`used.${last}`);
  const { rows } = await sql<UsageClient>`
    select nullif(entity_id, '') as entity_id, nullif(role, '') as role, nullif(display_name, '') as display_name,
      nullif(address, '') as address, reads, ${at} as last_at
    from entry
      join usage_path on usage_path.namespace = entry.namespace and usage_path.mount = entry.mount
        and usage_path.path = entry.path
      join usage_by_client used on used.path_id = usage_path.id
      join usage_client client on client.id = used.client_id
    where entry.id = ${entryId} and ${at} is not null and (${since}::timestamptz is null or ${at} > ${since})
    order by ${at} desc, client.id limit ${sql.lit(LISTED_AT_MOST)}
  `.execute(store);
  return rows;
}
