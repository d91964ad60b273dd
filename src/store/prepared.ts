import { createHash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";

const MARK = "/* prepared */";
/** A query builder puts it behind the first word. */
const HEAD = 30;

/**
 * At the head of a statement that is sent again and again: each connection parses it once and keeps its plan, which for a
 * statement of many parts takes longer than to carry it out. Only where every choice of parameters wants the same plan, and
 * the text has few forms: each form is kept for as long as the connection lives.
 */
export const prepared: RawBuilder<unknown> = sql.raw(MARK);

const names = new Map<string, string>();

/** The name that a connection keeps the statement under; null: it is not to be kept. */
export function preparedAs(text: string): string | null {
  if (!text.slice(0, HEAD).includes(MARK)) return null;
  const name = names.get(text) ?? createHash("sha256").update(text).digest("hex").slice(0, 32);
  names.set(text, name);
  return name;
}
