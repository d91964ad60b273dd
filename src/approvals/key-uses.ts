import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";

/** How much rests on one key: `open` may yet be acted on, `finished` is only verified. */
export interface KeyUse {
  readonly kind: "approval" | "receipt" | "digest";
  readonly keyId: string;
  readonly open: number;
  readonly finished: number;
}

/** Every key that something of ours is signed or digested with. */
export async function readKeyUses(store: Store): Promise<KeyUse[]> {
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
      select 'approval', confirmation_key_id, state in ('open', 'running', 'paused') from wave
        where confirmation_key_id is not null
      union all
      select 'approval', decision_key_id, state = 'approving' from wave_batch where decision_key_id is not null
      union all
      select 'receipt', key_id, false from finished_statement
      union all
      select 'receipt', writes ->> 'keyId', true from migration
        where writes is not null and state not in ('done', 'failed', 'undone')
      union all
      select 'digest', digest_key_id, state not in ('done', 'failed', 'undone') from migration
        where digest_key_id is not null
    ) as signed
    group by kind, key_id
    order by kind, key_id`.execute(store);
  return rows.map(({ open, finished, ...rest }) => ({ ...rest, open: Number(open), finished: Number(finished) }));
}
