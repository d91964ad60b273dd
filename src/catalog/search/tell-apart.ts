import type { FoundRow } from "./find-rows.ts";
import type { SearchState } from "./search-query.ts";

interface StatedRow extends FoundRow {
  readonly state: SearchState | null;
}
type Trait = (row: StatedRow) => string | null;

/** In the order in which they help a person most. */
const TRAITS: readonly Trait[] = [
  ({ environment }) => environment,
  ({ application }) => application && `application ${application}`,
  ({ ownerTeam }) => ownerTeam && `owner ${ownerTeam}`,
  ({ purpose }) => purpose,
  ({ mount }) => `mount ${mount}`,
  ({ engine }) => engine,
  ({ state }) => state,
  ({ keyNames }) =>
    keyNames &&
    (keyNames.length === 0 ? "no keys" : `keys ${keyNames.slice(0, 3).join(", ")}${keyNames.length > 3 ? ", …" : ""}`),
  ({ vaultUpdatedAt }) => vaultUpdatedAt && `changed ${vaultUpdatedAt.toISOString().slice(0, 10)}`,
];
const TRAITS_AT_MOST = 3;

/**
 * For each row the few traits by which it differs from the others in the list, beside its path. One that all share says
 * nothing and is left out.
 * @returns In the order of the rows; "" where there is only one, or nothing differs.
 */
export function tellApart(rows: readonly StatedRow[]): string[] {
  if (rows.length < 2) return rows.map(() => "");
  const chosen: Trait[] = [];
  const groupsBy = (traits: readonly Trait[]): number =>
    new Set(rows.map((row) => JSON.stringify(traits.map((trait) => trait(row))))).size;
  let groups = 1;
  for (const trait of TRAITS) {
    if (groups === rows.length || chosen.length === TRAITS_AT_MOST) break;
    const finer = groupsBy([...chosen, trait]);
    if (finer > groups) {
      chosen.push(trait);
      groups = finer;
    }
  }
  return rows.map((row) =>
    chosen
      .map((trait) => trait(row))
      .filter((said) => said !== null)
      .join(", "),
  );
}
