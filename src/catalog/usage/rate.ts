import { sql } from "kysely";
import type { Coverage } from "./coverage.ts";

/** How many days a rate looks back, within what is covered. */
const RATE_DAYS = 30;

/** Over how many days a rate is taken: at most 30, at least one. */
export function rateDays({ from, to }: Coverage): number {
  const days = (to.getTime() - from.getTime()) / (24 * 60 * 60 * 1_000);
  return Math.min(RATE_DAYS, Math.max(1, days));
}

/** SQL: the first whole day that a rate counts. */
export function rateSince({ to }: Coverage) {
  return sql<Date>`((${to}::timestamptz at time zone 'UTC')::date - ${sql.lit(RATE_DAYS - 1)}::integer)`;
}
