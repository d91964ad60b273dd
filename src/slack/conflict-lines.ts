import type { RequestState } from "../migration/request-state.ts";
import { type Block, lines } from "./blocks.ts";
import { code } from "./escape-mrkdwn.ts";
import { sayPlural } from "./say.ts";
import { belongsTo, tagWords } from "./target-tag-words.ts";

type Conflict = NonNullable<NonNullable<RequestState["migration"]>["conflict"]>;

/** The conflict that its requester is to decide on, or null. */
export function openConflict({ status, migration }: Pick<RequestState, "status" | "migration">): Conflict | null {
  return status === "failed" ? (migration?.conflict ?? null) : null;
}

/** Whose the target is, and how what it holds compares with Vault: by names of keys alone. */
export function conflictBlocks(state: RequestState): Block[] {
  const conflict = openConflict(state);
  if (conflict === null) return [];
  const { arn, targetName, isTombstone, others, tags } = conflict;
  return [
    lines(
      `*In the way*  ${code(targetName, 500)}, which Glovebox did not make for this path`,
      `${code(arn, 700)}`,
      `*Its tags*  ${tagWords(tags)}`,
      belongsTo(tags),
      isTombstone ? "It is scheduled for deletion. Taking it over restores it." : null,
      `*Compared with Vault*  ${comparisonWords(conflict)}`,
      others.length === 0
        ? null
        : `*Also taken*  ${others.map((name) => code(name, 200)).join(", ")}. One request can take over one target: choose other names.`,
    ),
  ];
}

/** "Same in both: … Different: … Only in Vault: …" */
export function comparisonWords({
  keys,
  whole,
  isTombstone,
}: Pick<Conflict, "keys" | "whole" | "isTombstone">): string {
  if (keys !== null) return keyWords(keys);
  if (whole === "equal") return "The value there is the same.";
  if (whole === "different") return "The value there is another one, and it has no keys to compare.";
  return isTombstone
    ? "Nobody can read what is scheduled for deletion, so I can't compare."
    : "I may not read it, so I can't compare.";
}

function keyWords({ same, different, onlyInVault, onlyInAws, more }: NonNullable<Conflict["keys"]>): string {
  if (different.length + onlyInVault.length + onlyInAws.length === 0) {
    const count = same.length + (more?.same ?? 0);
    return `The value there is the same in ${count === 1 ? "its one key" : `all ${count} keys`}.`;
  }
  const said = [
    ["Same in both", same, more?.same],
    ["Different", different, more?.different],
    ["Only in Vault", onlyInVault, more?.onlyInVault],
    ["Only in AWS", onlyInAws, more?.onlyInAws],
  ] as const;
  return said
    .flatMap(([words, names, unnamed]) => (names.length === 0 ? [] : [`${words}: ${listed(names, unnamed)}.`]))
    .join(" ");
}

function listed(names: readonly string[], unnamed = 0): string {
  const shown = names.slice(0, 12).map((name) => code(name, 80));
  const more = names.length - shown.length + unnamed;
  return `${shown.join(", ")}${more > 0 ? ` and ${sayPlural(more, "more key")}` : ""}`;
}
