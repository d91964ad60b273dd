import { sql } from "kysely";
import type { EntryDescription } from "../catalog/describe-entry.ts";
import type { Store } from "../store/open-store.ts";
import type { Field, Suggestion } from "./suggestion.ts";

/** What secrets in one folder tend to share. What a secret is, and where it is used, differs inside a folder. */
const SHARED_IN_FOLDER: readonly Field[] = ["ownerTeam", "application", "classification", "rotation"];
const MIN_SHARE = 2 / 3;
/** By how many neighbours agree. */
const TRUST = [0, 0.55, 0.7, 0.8];
const LESS_PER_LEVEL = 0.1;

interface Votes {
  readonly field: string;
  readonly value: string;
  readonly count: number;
}

/** What people confirmed for entries near this one: in its folder first, then in those above, never the whole mount. */
export async function suggestByNeighbours(store: Store, entry: EntryDescription): Promise<Suggestion[]> {
  const found = new Map<Field, Suggestion>();
  for (const [level, folder] of foldersFromDeepest(entry.source.path).entries()) {
    const missing = SHARED_IN_FOLDER.filter((field) => !found.has(field));
    if (missing.length === 0) break;
    const votes = await votesOf(store, entry, sql<boolean>`starts_with(path, ${folder})`);
    for (const field of missing) {
      const suggestion = winnerOf(votes, field, `under \`${folder}\``, level);
      if (suggestion !== null) found.set(field, suggestion);
    }
  }
  const purpose = await purposeByName(store, entry);
  return purpose === null ? [...found.values()] : [purpose, ...found.values()];
}

/** Secrets of one name are one kind of thing: `prod/pay/db` and `test/pay/db`. */
async function purposeByName(store: Store, entry: EntryDescription): Promise<Suggestion | null> {
  const leaf = `/${entry.source.path.split("/").at(-1) ?? ""}`;
  const votes = await votesOf(store, entry, sql<boolean>`right('/' || path, ${leaf.length}) = ${leaf}`);
  return winnerOf(votes, "purpose", `called \`${leaf.slice(1)}\``, 1);
}

async function votesOf(
  store: Store,
  entry: EntryDescription,
  isNear: ReturnType<typeof sql<boolean>>,
): Promise<Votes[]> {
  return store
    .selectFrom("metadataConfirmation")
    .innerJoin("entry", "entry.id", "metadataConfirmation.entryId")
    .select(({ fn }) => ["field", "value", fn.countAll<number>().as("count")])
    .where("namespace", "=", entry.source.namespace)
    .where("mount", "=", entry.source.mount)
    .where("entry.id", "!=", entry.entryId)
    .where(isNear)
    .groupBy(["field", "value"])
    .orderBy("count", "desc")
    .orderBy("value")
    .execute();
}

function winnerOf(votes: readonly Votes[], field: Field, where: string, level: number): Suggestion | null {
  const ofField = votes.filter((vote) => vote.field === field);
  const [first] = ofField;
  const total = ofField.reduce((sum, { count }) => sum + count, 0);
  if (first === undefined || first.count / total < MIN_SHARE) return null;
  const trust = (TRUST[first.count] ?? Math.max(...TRUST)) - level * LESS_PER_LEVEL;
  const neighbours = total === 1 ? "confirmed neighbour" : "confirmed neighbours";
  const say = first.count === 1 ? "says" : "say";
  return {
    field,
    value: first.value,
    source: "neighbours",
    evidence: `${first.count} of ${total} ${neighbours} ${where} ${say} ${first.value}`,
    confidence: Math.max(0.1, trust * (first.count / total)),
  };
}

/** `a/b/c` → `a/b/`, `a/`. */
function foldersFromDeepest(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, parts.length - index).join("/")}/`);
}
