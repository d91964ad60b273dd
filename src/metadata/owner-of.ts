import { type Reader, readersOfEntries } from "../catalog/usage/readers-of.ts";
import type { Store } from "../store/open-store.ts";
import { type Contradiction, isDisowned, type OwnerWords, readOwnersWords, standingOwner } from "./owner-words.ts";
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

/** What the word on an owner rests on, the best first. */
export type OwnerBasis = "person" | "vault-metadata" | "readers" | "names" | "nothing";

/**
 * Whose an entry is: what a person confirmed, else Vault's custom metadata, else the team that reads it most, else the
 * surest guess. A team whose member said "not mine" is passed over.
 */
export async function ownerOf(store: Store, teams: readonly Team[], entryId: number): Promise<Owner> {
  const { basis: _, ...owner } = (await ownersOf(store, teams, [entryId]))(entryId);
  return owner;
}

/** The same for a page of entries, in a fixed number of queries. */
export async function ownersOf(
  store: Store,
  teams: readonly Team[],
  entryIds: readonly number[],
): Promise<(entryId: number) => Owner & { readonly basis: OwnerBasis }> {
  const wordsOf = await readOwnersWords(store, teams, entryIds);
  const guessesOf = await guessOwners(store, teams, entryIds);
  return (entryId) => ownerBy(wordsOf(entryId), guessesOf(entryId), teams);
}

function ownerBy(words: OwnerWords, guesses: readonly Guess[], teams: readonly Team[]) {
  const { contradictions: contradictedBy } = words;
  const owner = standingOwner(words);
  if (owner !== null) {
    const { team, by, at } = owner;
    const said = { isConfirmed: true, because: "a person confirmed it", confirmedBy: { by, at } };
    return { team, ...said, contradictedBy, basis: "person" as const };
  }
  const best = guesses
    .map(({ value, ...guess }) => ({ ...guess, team: canonicalTeam(teams, value) }))
    .find(({ team }) => !isDisowned(contradictedBy, team));
  const { team, evidence: because, basis } = best ?? NOBODY;
  return { team, isConfirmed: false, because, confirmedBy: null, contradictedBy, basis };
}

const NOBODY = {
  team: null,
  evidence: "nobody has said whose it is, and its names don't tell",
  basis: "nothing",
} as const;

type Guess = Pick<Answer, "value" | "evidence"> & { readonly basis: "vault-metadata" | "readers" | "names" };

/** The surest first. */
async function guessOwners(
  store: Store,
  teams: readonly Team[],
  entryIds: readonly number[],
): Promise<(entryId: number) => Guess[]> {
  const entries = await store
    .selectFrom("entry")
    .select(["id", "mount", "engine", "path", "keyNames", "customMetadata"])
    .where("id", "in", entryIds)
    .execute();
  const suggestions = await store
    .selectFrom("metadataSuggestion")
    .select(["entryId", "value", "evidence"])
    .where("entryId", "in", entryIds)
    .where("field", "=", "ownerTeam")
    .where("source", "!=", "vault-metadata")
    .orderBy("confidence", "desc")
    .execute();
  const readersOf = await readersOfEntries(store, entryIds);
  const namedOf = new Map(entries.map(({ id, keyNames, ...rest }) => [id, { ...rest, keyNames: keyNames ?? [] }]));
  const storedOf = Map.groupBy(suggestions, ({ entryId }) => entryId);
  return (entryId) => {
    const named: NamedSecret | undefined = namedOf.get(entryId);
    if (named === undefined) return [];
    const written = fromCustomMetadata(named).filter(({ field }) => field === "ownerTeam");
    const stored = storedOf.get(entryId) ?? [];
    // An entry that was found a moment ago has no stored suggestion yet.
    const byRule = stored.length === 0 ? ownerTeamRule(named) : null;
    const byNames = byRule === null ? stored : [byRule];
    return [
      ...written.map(({ value, evidence }) => ({ value, evidence, basis: "vault-metadata" as const })),
      ...guessByReaders(teams, readersOf(entryId)),
      ...byNames.map(({ value, evidence }) => ({ value, evidence, basis: "names" as const })),
    ];
  };
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
  return heaviestFirst.map(([value, { heaviest }]) => ({
    value,
    evidence: `${sayReader(heaviest)} reads it`,
    basis: "readers",
  }));
}

const sayReader = ({ role, displayName }: Reader): string =>
  role === null ? `\`${displayName ?? ""}\`` : `role \`${role}\``;
