import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";

/** A stretch of time of which a log was read. */
export interface Coverage {
  readonly from: Date;
  readonly to: Date;
}

/**
 * The stretches of which logs were read, the newest first. Logs that follow each other within a day count as one
 * stretch: a quiet night is no hole.
 */
export async function listCoverage(store: Store, now: Date): Promise<Coverage[]> {
  const { rows } = await sql<Coverage>`
    select min(first_at) as "from", least(max(last_at), ${now}) as "to"
    from (
      select first_at, last_at, count(*) filter (where is_new) over (order by first_at, last_at, id) as stretch
      from (
        select id, first_at, last_at, first_at > interval '1 day' + max(last_at) over (
          order by first_at, last_at, id rows between unbounded preceding and 1 preceding
        ) as is_new
        from usage_source where first_at <= ${now}
      ) as sources
    ) as stretches
    group by stretch order by 2 desc
  `.execute(store);
  return rows;
}

/** The newest stretch, or null: no log was read, so nothing can be said. */
export async function coverageOf(store: Store, now: Date): Promise<Coverage | null> {
  const [newest = null] = await listCoverage(store, now);
  return newest;
}
