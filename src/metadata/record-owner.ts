import type { Store } from "../store/open-store.ts";
import type { Contradiction } from "./owner-words.ts";

interface Word {
  readonly entryId: number;
  readonly team: string;
  readonly by: string;
  readonly at: Date;
}

/** Writes down whose the entry is; a later word replaces an earlier one. */
export async function recordOwner(tx: Store, { entryId, team: value, by, at }: Word): Promise<void> {
  const said = { value, confirmedBy: by, confirmedAt: at };
  await tx
    .insertInto("metadataConfirmation")
    .values({ entryId, field: "ownerTeam", ...said })
    .onConflict((conflict) => conflict.columns(["entryId", "field"]).doUpdateSet(said))
    .execute();
}

export async function contradict(
  tx: Store,
  { entryId, team, kind, by, at }: Word & Pick<Contradiction, "kind">,
): Promise<void> {
  await tx
    .insertInto("ownerContradiction")
    .values({ entryId, team, kind, saidBy: by, saidAt: at })
    .onConflict((conflict) => conflict.columns(["entryId", "team", "kind"]).where("settledAt", "is", null).doNothing())
    .execute();
}

/** What still speaks against an owner stands no more; it stays readable, with who settled it. */
export async function settle(
  tx: Store,
  { entryId, kind, team, by, at }: Omit<Word, "team"> & { kind?: Contradiction["kind"]; team?: string },
): Promise<void> {
  let query = tx
    .updateTable("ownerContradiction")
    .set({ settledAt: at, settledBy: by })
    .where("entryId", "=", entryId)
    .where("settledAt", "is", null);
  if (kind !== undefined) query = query.where("kind", "=", kind);
  if (team !== undefined) query = query.where("team", "=", team);
  await query.execute();
}
