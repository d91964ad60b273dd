import { createHash } from "node:crypto";
import { countWrites, MAX_WRITES, type ValueShape } from "../approvals/content.ts";
import type { EntryDescription } from "../catalog/describe-entry.ts";
import { INPUT } from "./action-ids.ts";
import { LIMITS } from "./block-kit-limits.ts";
import type { Block } from "./blocks.ts";
import { type Choice, selectInput, textInput } from "./inputs.ts";
import { readParts, writeParts } from "./parts-text.ts";
import { sayPlural } from "./say.ts";

/** SM takes 20 labels a secret, three of them its own. */
export const MAX_OLDER_VERSIONS = 17;

/** How many versions before the current one Vault can still give. */
export function olderVersionsOf({
  versions,
  currentVersion,
}: Pick<EntryDescription, "versions" | "currentVersion">): number {
  const readable = versions.filter(
    ({ version, deletionTime, isDestroyed }) => version !== currentVersion && deletionTime === null && !isDestroyed,
  );
  return Math.min(readable.length, MAX_OLDER_VERSIONS);
}

/** The select's value for a shape: a key's name may be longer than Slack takes, so what names keys goes by its digest. */
export const shapeValue = (shape: ValueShape): string =>
  shape.kind === "single"
    ? `single:${createHash("sha256").update(JSON.stringify(shape)).digest("hex").slice(0, 32)}`
    : shape.kind;

const singles = (keyNames: readonly string[] | null, encoding: "text" | "base64"): ValueShape[] =>
  (keyNames ?? []).map((key) => ({ kind: "single", key, encoding }));

interface ShapeForm {
  readonly keyNames: readonly string[] | null;
  readonly shape: ValueShape;
  readonly olderVersions: number;
  /** How many of them can be asked for. */
  readonly maxOlderVersions: number;
}

/** How the value goes: as what, in which groups, and with how many older versions. */
export function shapeInputs({ keyNames, shape, olderVersions, maxOlderVersions }: ShapeForm): Block[] {
  const choices = shapeChoices(keyNames);
  const hidden = choices.length - LIMITS.selectOptions;
  return [
    selectInput(INPUT.shape, "Move it as", choices, {
      initial: shapeValue(shape),
      hint: hidden > 0 ? `${sayPlural(hidden, "further choice")} did not fit into this list.` : null,
    }),
    textInput(INPUT.parts, "Groups of keys", {
      initial: shape.kind === "split" ? writeParts(shape.parts) : "",
      max: 3_000,
      isLong: true,
      isOptional: true,
      placeholder: "db: username, password",
      hint: 'Only for "One secret for each group of keys": a line for each, its name, a colon, its keys. The name is added to the one above after a slash.',
    }),
    ...(maxOlderVersions > 0 ? [olderVersionsInput(olderVersions, maxOlderVersions)] : []),
  ];
}

function shapeChoices(keyNames: readonly string[] | null): Choice[] {
  const texts: [ValueShape, string][] = [
    ...singles(keyNames, "text").map((shape): [ValueShape, string] => [shape, `Only the value of ${keyOf(shape)}`]),
    ...singles(keyNames, "base64").map((shape): [ValueShape, string] => [
      shape,
      `Only ${keyOf(shape)}, decoded from base64 (binary)`,
    ]),
  ];
  return [
    { value: "document", text: "One JSON document with all keys (usual)" },
    { value: "split", text: "One secret for each group of keys" },
    ...texts.map(([shape, text]) => ({ value: shapeValue(shape), text })),
  ];
}

const keyOf = (shape: ValueShape): string => (shape.kind === "single" ? shape.key : "");

function olderVersionsInput(olderVersions: number, max: number): Block {
  const counts = Array.from({ length: max }, (_, index) => index + 1);
  const choices = [
    { value: "0", text: "None, only the current one (usual)" },
    ...counts.map((count) => ({ value: String(count), text: `The newest ${count} before it` })),
  ];
  return selectInput(INPUT.olderVersions, "Older versions", choices, {
    initial: String(Math.min(olderVersions, max)),
    hint: "Each becomes a version of the target with a label such as vault-v3. Vault can still give this many.",
  });
}

export type ReadShape =
  | { readonly shape: ValueShape; readonly olderVersions: number }
  | { readonly errors: Readonly<Record<string, string>> };

/** What a form says of the shape, or what is wrong under each field. Slack's client is not trusted. */
export function readShape(inputs: ReadonlyMap<string, string>, entry: EntryDescription): ReadShape {
  const errors: Record<string, string> = {};
  const shape = chosenShape(inputs, entry.keyNames, errors);
  const count = Number(inputs.get(INPUT.olderVersions) ?? "0");
  const max = olderVersionsOf(entry);
  if (!Number.isInteger(count) || count < 0 || count > max) {
    errors[INPUT.olderVersions] = `Vault can give ${sayPlural(max, "older version")} of it now. Choose again.`;
  } else if (shape !== null && countWrites(shape, count) > MAX_WRITES) {
    const written = countWrites(shape, count);
    errors[INPUT.olderVersions] =
      `That would be ${written} versions to write, and one move writes at most ${MAX_WRITES}: each group takes the current version and the older ones. Choose fewer older versions or fewer groups.`;
  }
  return shape === null || Object.keys(errors).length > 0 ? { errors } : { shape, olderVersions: count };
}

function chosenShape(
  inputs: ReadonlyMap<string, string>,
  keyNames: readonly string[] | null,
  errors: Record<string, string>,
): ValueShape | null {
  const chosen = inputs.get(INPUT.shape) ?? "document";
  const groups = inputs.get(INPUT.parts)?.trim() ?? "";
  if (chosen === "split") {
    const read = readParts(groups, keyNames);
    if ("parts" in read) return { kind: "split", parts: read.parts };
    errors[INPUT.parts] = read.fault;
    return null;
  }
  if (groups !== "") {
    errors[INPUT.parts] = 'Choose "One secret for each group of keys" above for these, or empty this field.';
  }
  if (chosen === "document") return { kind: "document" };
  const shape = [...singles(keyNames, "text"), ...singles(keyNames, "base64")].find(
    (one) => shapeValue(one) === chosen,
  );
  if (!shape) errors[INPUT.shape] = "That key is no longer there. Choose again.";
  return shape ?? null;
}
