import { distance } from "fastest-levenshtein";
import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";

export interface NamedRow {
  readonly id: number;
  readonly fullPath: string;
  readonly goneAt: Date | null;
}

export interface Nearest {
  /** How many names end with exactly what was typed: the mount or a folder was left out. */
  readonly fitting: number;
  readonly near: readonly NamedRow[];
}

/** Candidates from the database; the few best of them are picked here. */
const CANDIDATES = 60;
/** Above this share of letters to change, a name is no misspelling any more. */
const MAX_CHANGED_SHARE = 0.45;

/**
 * The names most like a text: first those that end with it, then those that contain it, then the fewest letters to
 * change. Entries that are gone come last among equals.
 */
export async function nearestNames(store: Store, text: string, limit: number): Promise<Nearest> {
  const typed = text.toLowerCase();
  const containing = await namesContaining(store, text);
  const similar = containing.length >= limit ? [] : await namesSimilarTo(store, text);
  const candidates = new Map([...containing, ...similar].map((row) => [row.id, row]));
  const ranked = [...candidates.values()]
    .map((row) => ({ row, rank: rankOf(row.fullPath.toLowerCase(), typed), isGone: row.goneAt !== null }))
    .filter(({ rank }) => rank < 2 + MAX_CHANGED_SHARE)
    .sort(
      (a, b) => a.rank - b.rank || Number(a.isGone) - Number(b.isGone) || (a.row.fullPath < b.row.fullPath ? -1 : 1),
    );
  return {
    fitting: ranked.filter(({ rank, isGone }) => rank === 0 && !isGone).length,
    near: ranked.slice(0, limit).map(({ row }) => row),
  };
}

/** 0: ends with it, whole parts. 1: contains it. 2 and a fraction: the share of letters that differ. */
function rankOf(name: string, typed: string): number {
  if (name.endsWith(`/${typed}`)) return 0;
  if (name.includes(typed)) return 1;
  const whole = distance(name, typed) / Math.max(name.length, typed.length, 1);
  const withoutMount = name.slice(name.indexOf("/") + 1);
  const tail = distance(withoutMount, typed) / Math.max(withoutMount.length, typed.length, 1);
  return 2 + Math.min(whole, tail);
}

async function namesContaining(store: Store, text: string): Promise<NamedRow[]> {
  if (text.length < 3) return []; // no trigram: the index could not help
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return store
    .selectFrom("entry")
    .select(["id", "fullPath", "goneAt"])
    .where("fullPath", "ilike", pattern)
    .orderBy(sql`length(full_path)`)
    .limit(CANDIDATES)
    .execute();
}

/**
 * By trigrams in common, which the index answers. A strict threshold first: in a big estate whose names are all alike a
 * loose one would compare half of them.
 */
async function namesSimilarTo(store: Store, text: string): Promise<NamedRow[]> {
  for (const threshold of ["0.5", "0.3"]) {
    const rows = await store.transaction().execute(async (tx) => {
      await sql`select set_config('pg_trgm.similarity_threshold', ${threshold}, true)`.execute(tx);
      return tx
        .selectFrom("entry")
        .select(["id", "fullPath", "goneAt"])
        .where(sql<boolean>`full_path % ${text}`)
        .orderBy(sql`similarity(full_path, ${text})`, "desc")
        .limit(CANDIDATES)
        .execute();
    });
    if (rows.length > 0) return rows;
  }
  return [];
}
