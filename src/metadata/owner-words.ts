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
  const confirmation = await store
    .selectFrom("metadataConfirmation")
    .select(["value", "confirmedBy", "confirmedAt"])
    .where("entryId", "=", entryId)
    .where("field", "=", "ownerTeam")
    .executeTakeFirst();
  const rows = await store
    .selectFrom("ownerContradiction")
    .select(["team", "kind", "saidBy", "saidAt"])
    .where("entryId", "=", entryId)
    .where("settledAt", "is", null)
    .orderBy("id")
    .execute();
  const confirmed = confirmation && {
    team: canonicalTeam(teams, confirmation.value),
    by: confirmation.confirmedBy,
    at: confirmation.confirmedAt,
  };
  return {
    confirmed: confirmed ?? null,
    contradictions: rows.map(({ team, kind, saidBy: by, saidAt: at }) => ({ team, kind, by, at })),
  };
}

/** Whoever is recorded as the owner, unless that team's own member says otherwise. */
export function standingOwner({ confirmed, contradictions }: OwnerWords): OwnerWords["confirmed"] {
  return confirmed !== null && isDisowned(contradictions, confirmed.team) ? null : confirmed;
}

export const isDisowned = (contradictions: readonly Contradiction[], team: string): boolean =>
  contradictions.some((one) => one.kind === "not-ours" && one.team === team);
