import { type RawBuilder, sql } from "kysely";

/** A condition on usage_client: these roles or display names, `*` at the end for any rest. */
export function isNamedClient(names: readonly string[]): RawBuilder<boolean> {
  const beginnings = names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  const whole = names.filter((name) => !name.endsWith("*"));
  return sql<boolean>`(role = any(${whole}::text[]) or display_name = any(${whole}::text[]) or exists (
    select from unnest(${beginnings}::text[]) as beginning
    where starts_with(role, beginning) or starts_with(display_name, beginning)
  ))`;
}
