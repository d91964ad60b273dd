import { type Reader, readersOf } from "../catalog/usage/readers-of.ts";
import type { Store } from "../store/open-store.ts";
import { type Contradiction, isDisowned, readOwnerWords, standingOwner } from "./owner-words.ts";
import { fromCustomMetadata } from "./rules/custom-metadata.ts";
import { ownerTeamRule } from "./rules/owner-team.ts";
import type { Answer, NamedSecret } from "./suggestion.ts";
import { canonicalTeam, type Team, teamOfReader } from "./team.ts";

export interface Owner {
  /** As the rules name it where they know it; null: nobody and nothing says whose it is. */
  readonly team: string | null;
  /** A person said so, and nobody of that team says otherwise. */
  readonly isConfirmed: boolean;
  /** Why this team, in words for people: "`owner` in Vault's custom metadata". Plain text with names in backticks. */
  readonly because: string;
  /** Who confirmed it; null for a guess. */
  readonly confirmedBy: { readonly by: string; readonly at: Date } | null;
  /** What speaks against it, the oldest first. */
  readonly contradictedBy: readonly Contradiction[];
}

/**
 * Whose an entry is: what a person confirmed, else Vault's custom metadata, else the team that reads it most, else the
 * surest guess. A team whose member said "not mine" is passed over.
 */
export async function ownerOf(store: Store, teams: readonly Team[], entryId: number): Promise<Owner> {
  const words = await readOwnerWords(store, teams, entryId);
  const { contradictions: contradictedBy } = words;
  const owner = standingOwner(words);
  if (owner !== null) {
    const { team, by, at } = owner;
    return { team, isConfirmed: true, because: "a person confirmed it", confirmedBy: { by, at }, contradictedBy };
  }
  const guesses = (await guessOwners(store, teams, entryId)).map(({ value, evidence }) => ({
    team: canonicalTeam(teams, value),
    because: evidence,
  }));
  const best = guesses.find(({ team }) => !isDisowned(contradictedBy, team));
  const { team, because } = best ?? { team: null, because: "nobody has said whose it is, and its names don't tell" };
  return { team, isConfirmed: false, because, confirmedBy: null, contradictedBy };
}

type Guess = Pick<Answer, "value" | "evidence">;

/** The surest first. */
async function guessOwners(store: Store, teams: readonly Team[], entryId: number): Promise<Guess[]> {
  const entry = await store.selectFrom("entry").selectAll().where("id", "=", entryId).executeTakeFirst();
  if (entry === undefined) return [];
  const { mount, engine, path, keyNames, customMetadata } = entry;
  const named: NamedSecret = { mount, engine, path, keyNames: keyNames ?? [], customMetadata };
  const written = fromCustomMetadata(named).filter(({ field }) => field === "ownerTeam");
  const stored = await store
    .selectFrom("metadataSuggestion")
    .select(["value", "evidence"])
    .where("entryId", "=", entryId)
    .where("field", "=", "ownerTeam")
    .where("source", "!=", "vault-metadata")
    .orderBy("confidence", "desc")
    .execute();
  // An entry that was found a moment ago has no stored suggestion yet.
  const byRule = stored.length === 0 ? ownerTeamRule(named) : null;
  const readers = guessByReaders(teams, await readersOf(store, entryId));
  return [...written, ...readers, ...stored, ...(byRule === null ? [] : [byRule])];
}

/** The teams whose roles read it, the heaviest first. */
function guessByReaders(teams: readonly Team[], readers: readonly Reader[]): Guess[] {
  const byTeam = new Map<string, { reads: number; heaviest: Reader }>();
  for (const reader of readers) {
    const team = teamOfReader(teams, reader)?.name;
    if (team === undefined) continue;
    const known = byTeam.get(team);
    byTeam.set(team, { reads: (known?.reads ?? 0) + reader.reads, heaviest: known?.heaviest ?? reader });
  }
  const heaviestFirst = [...byTeam].sort(([, a], [, b]) => b.reads - a.reads);
  return heaviestFirst.map(([value, { heaviest }]) => ({ value, evidence: `${sayReader(heaviest)} reads it` }));
}

const sayReader = ({ role, displayName }: Reader): string =>
  role === null ? `\`${displayName ?? ""}\`` : `role \`${role}\``;
