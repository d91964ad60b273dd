import type { PlanRow } from "../migration/plan/plan-row.ts";

/**
 * The columns of `glovebox plan --csv`, in order. New ones come at the end and none changes its meaning; docs/plan.md
 * describes each.
 */
export const PLAN_COLUMNS: readonly (readonly [name: string, cell: (row: PlanRow) => string | number | null])[] = [
  ["entry_id", (row) => row.entryId],
  ["kind", (row) => row.kind],
  ["namespace", (row) => row.namespace],
  ["mount", (row) => row.mount],
  ["path", (row) => row.path],
  ["engine", (row) => row.engine],
  ["vault_version", (row) => row.vaultVersion],
  ["verdict", (row) => row.verdict],
  ["lane", (row) => row.lane],
  ["reasons", (row) => row.reasons.map(({ code }) => code).join(" ")],
  ["next_step", (row) => row.nextStep],
  ["details", (row) => row.reasons.map(({ text }) => text).join(" | ")],
  ["account", (row) => row.target?.accountId ?? null],
  ["region", (row) => row.target?.region ?? null],
  ["target_name", (row) => row.target?.name ?? null],
  ["name_in_aws", (row) => row.nameInAws],
  ["request", (row) => row.requestId],
];

/** The mark tells Excel that the file is UTF-8; without it accents in paths come out wrong. */
export function csvHead(): string {
  return `\uFEFF${csvLine(PLAN_COLUMNS.map(([name]) => name))}`;
}

export function planCsv(rows: readonly PlanRow[]): string {
  return rows.map((row) => csvLine(PLAN_COLUMNS.map(([, cell]) => cell(row)))).join("");
}

/** @see https://www.rfc-editor.org/rfc/rfc4180 */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map((cell) => (typeof cell === "string" ? csvText(cell) : String(cell ?? ""))).join(",")}\r\n`;
}

/**
 * Spreadsheets run a cell that begins with one of these as a formula, some after blanks or in full width, and whoever
 * may write a path in Vault chooses what it begins with. An apostrophe in front makes it text.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

function csvText(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
