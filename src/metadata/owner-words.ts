import type { Store } from "../store/open-store.ts";
import { canonicalTeam, type Team } from "./team.ts";

/** Something that speaks against an owner. */
export interface Contradiction {
  readonly team: string;
  /** not-ours: a member says that it is not theirs. ours-too: it was this team's before another one claimed it. */
  readonly kind: "not-ours" | "ours-too";
  /** Slack user id. */
  readonly by: string;
  readonly at: Date;
}

/** All that people have said about whose an entry is, and that still stands. */
export interface OwnerWords {
  readonly confirmed: { readonly team: string; readonly by: string; readonly at: Date } | null;
  /** The oldest first. */
  readonly contradictions: readonly Contradiction[];
}

export async function readOwnerWords(store: Store, teams: readonly Team[], entryId: number): Promise<OwnerWords> {
  return (await readOwnersWords(store, teams, [entryId]))(entryId);
}

/** The same for a page of entries, in two queries. */
export async function readOwnersWords(
  store: Store,
  teams: readonly Team[],
  entryIds: readonly number[],
): Promise<(entryId: number) => OwnerWords> {
  const confirmations = await store
    .selectFrom("metadataConfirmation")
    .select(["entryId", "value", "confirmedBy", "confirmedAt"])
    .where("entryId", "in", entryIds)
    .where("field", "=", "ownerTeam")
    .execute();
  const rows = await store
    .selectFrom("ownerContradiction")
    .select(["entryId", "team", "kind", "saidBy", "saidAt"])
    .where("entryId", "in", entryIds)
    .where("settledAt", "is", null)
    .orderBy("id")
    .execute();
  const confirmedOf = new Map(confirmations.map((row) => [row.entryId, row]));
  const contradictionsOf = Map.groupBy(rows, ({ entryId }) => entryId);
  return (entryId) => {
    const confirmation = confirmedOf.get(entryId);
    const confirmed = confirmation && {
      team: canonicalTeam(teams, confirmation.value),
      by: confirmation.confirmedBy,
      at: confirmation.confirmedAt,
    };
    const contradictions = (contradictionsOf.get(entryId) ?? []).map(({ team, kind, saidBy: by, saidAt: at }) => ({
      ...{ team, kind, by, at },
    }));
    return { confirmed: confirmed ?? null, contradictions };
  };
}

/** Whoever is recorded as the owner, unless that team's own member says otherwise. */
export function standingOwner({ confirmed, contradictions }: OwnerWords): OwnerWords["confirmed"] {
  return confirmed !== null && isDisowned(contradictions, confirmed.team) ? null : confirmed;
}

export const isDisowned = (contradictions: readonly Contradiction[], team: string): boolean =>
  contradictions.some((one) => one.kind === "not-ours" && one.team === team);
