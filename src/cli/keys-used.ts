import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";

interface KeyUse {
  readonly kind: "approval" | "receipt" | "digest";
  readonly keyId: string;
  readonly open: number;
  readonly finished: number;
}

/** What rests on each key, so that an operator knows which may be dropped. Ids only: a key's id tells nothing of it. */
export async function keysForTerminal(store: Store): Promise<{ ok: boolean; lines: string[] }> {
  const uses = await readUses(store);
  if (uses.length === 0) return { ok: true, lines: ["Nothing is signed yet, so nothing rests on any key."] };
  return { ok: true, lines: uses.map(lineOf) };
}

function lineOf({ kind, keyId, open, finished }: KeyUse): string {
  const what = `${kind.padEnd(8)} ${keyId}`;
  if (kind === "receipt") return `${what}  ${finished} finished: keep its public key for whoever verifies receipts`;
  if (kind === "digest")
    return `${what}  ${open === 0 ? "no move under way: it may be replaced" : `${open} under way`}`;
  return `${what}  ${open === 0 ? "nothing open rests on it: it may be dropped" : `${open} open (waiting, approved, or an undo ordered)`}`;
}

async function readUses(store: Store): Promise<KeyUse[]> {
  const { rows } = await sql<KeyUse>`
    select kind, key_id as "keyId", count(*) filter (where is_open) as open, count(*) filter (where not is_open) as finished
    from (
      select 'approval' as kind, key_id, status in ('waiting', 'approved', 'migrating') as is_open from request
      union all
      select 'approval', statement.key_id, true from statement
        join migration on migration.statement_id = statement.id
        where migration.state not in ('done', 'failed', 'undone')
          or (migration.state = 'failed' and (statement.bytes::jsonb ->> 'expiresAt')::timestamptz > now())
      union all
      select 'approval', undo_key_id, true from migration where undo_key_id is not null and state = 'done'
      union all
      select 'receipt', key_id, false from finished_statement
      union all
      select 'digest', digest_key_id, state not in ('done', 'failed', 'undone') from migration
        where digest_key_id is not null
    ) as signed
    group by kind, key_id
    order by kind, key_id`.execute(store);
  return rows.map(({ open, finished, ...rest }) => ({ ...rest, open: Number(open), finished: Number(finished) }));
}
