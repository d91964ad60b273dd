import { formatPath } from "../../catalog/secret-path.ts";
import { type PlanDeps, type PlanInput, planEstate } from "../plan/plan-estate.ts";
import type { PlanRow } from "../plan/plan-row.ts";
import type { WaveException } from "./wave-exception.ts";
import type { NamedLine } from "./wave-file.ts";
import { fitsFilter, type WaveFilter } from "./wave-filter.ts";

export type WaveSelection =
  | { readonly kind: "filter"; readonly filter: WaveFilter }
  | { readonly kind: "lines"; readonly lines: readonly NamedLine[] };

export interface ChosenRow {
  readonly row: PlanRow;
  readonly place: string;
}

export interface Choice {
  /** In the order of the plan, or of the file's lines. */
  readonly chosen: readonly ChosenRow[];
  /** Lines of a file that name nothing, or what another line names. */
  readonly exceptions: readonly WaveException[];
}

/** The plan's rows that a selection means. The whole estate is judged: only then are collisions known. */
export async function chooseRows(deps: PlanDeps, input: PlanInput, selection: WaveSelection): Promise<Choice> {
  if (selection.kind === "filter") {
    const chosen: ChosenRow[] = [];
    await planEstate(deps, input, async (rows) => {
      for (const row of rows) if (fitsFilter(selection.filter, row)) chosen.push({ row, place: "" });
    });
    return { chosen, exceptions: [] };
  }
  const wantedIds = new Set(selection.lines.flatMap(({ entryId }) => (entryId === null ? [] : [entryId])));
  const wantedNames = new Set(selection.lines.map(({ name }) => name));
  const byId = new Map<number, PlanRow>();
  const byName = new Map<string, PlanRow[]>();
  await planEstate(deps, input, async (rows) => {
    for (const row of rows) {
      const name = formatPath(row);
      if (wantedNames.has(name)) byName.set(name, [...(byName.get(name) ?? []), row]);
      if (row.entryId !== null && wantedIds.has(row.entryId)) byId.set(row.entryId, row);
    }
  });
  return matchLines(selection.lines, byId, byName);
}

function matchLines(
  lines: readonly NamedLine[],
  byId: ReadonlyMap<number, PlanRow>,
  byName: ReadonlyMap<string, readonly PlanRow[]>,
): Choice {
  const chosen: ChosenRow[] = [];
  const exceptions: WaveException[] = [];
  const firstLineOf = new Map<string, number>();
  for (const named of lines) {
    const place = `line ${named.line}`;
    const found = findRow(named, byId, byName);
    if ("code" in found) {
      exceptions.push({ place, name: named.name, ...found });
      continue;
    }
    const { row } = found;
    const key = row.entryId === null ? `mount ${formatPath(row)}` : String(row.entryId);
    const first = firstLineOf.get(key);
    if (first === undefined) {
      firstLineOf.set(key, named.line);
      chosen.push({ row, place });
    } else {
      const reason = `Line ${first} names the same secret.`;
      exceptions.push({
        place,
        name: named.name,
        code: "DOUBLED_LINE",
        reason,
        nextStep: "Nothing: it is taken once.",
      });
    }
  }
  return { chosen, exceptions };
}

type Miss = Pick<WaveException, "code" | "reason" | "nextStep">;

function findRow(
  { entryId, name }: NamedLine,
  byId: ReadonlyMap<number, PlanRow>,
  byName: ReadonlyMap<string, readonly PlanRow[]>,
): { row: PlanRow } | Miss {
  if (entryId !== null) {
    const row = byId.get(entryId);
    if (row && (name === "" || formatPath(row) === name)) return { row };
    return {
      code: "LINE_MISMATCH",
      reason: row ? "Its entry_id belongs to another secret than its path." : "The catalogue has no such entry_id.",
      nextStep: "Write the plan anew with `glovebox plan --csv`, and choose from that.",
    };
  }
  const [row, ...others] = byName.get(name) ?? [];
  if (row && others.length === 0) return { row };
  return row
    ? {
        code: "AMBIGUOUS_NAME",
        reason: "Several secrets are spelt like this: a namespace or mount has a slash.",
        nextStep: "Name it by its entry_id: take its row from `glovebox plan --csv`.",
      }
    : {
        code: "UNKNOWN_NAME",
        reason: "The catalogue has no secret of exactly this name.",
        nextStep: "`glovebox what` with this name shows the nearest ones; a new secret is known after the next crawl.",
      };
}
