import { structuredPatch } from "diff";
import type { SetupChange } from "../vault/setup/setup-object.ts";

/** What would change, as a diff against the live server: `-` is there now, `+` will be. */
export function diffLines({ object: { title, wanted }, live }: SetupChange): string[] {
  if (live === null) return [`+ ${title}`, ...text(wanted).map((line) => `+   ${line}`)];
  const { hunks } = structuredPatch("", "", joined(live), joined(wanted), "", "", { context: 2 });
  return [`~ ${title}`, ...hunks.flatMap(({ lines }) => lines.filter(isOfText).map(indented))];
}

const joined = (fields: object): string => `${text(fields).join("\n")}\n`;

/** In one order on both sides, so that only what differs is shown. */
function text(fields: object): string[] {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, sorted(inner)]),
    );
  };
  return JSON.stringify(sorted(fields), null, 2).split("\n");
}

const isOfText = (line: string): boolean => !line.startsWith("\\");
const indented = (line: string): string => `${line.slice(0, 1)}   ${line.slice(1)}`;
