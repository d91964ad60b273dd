import type { Node } from "jsonc-parser";
import type { ComparedKeys } from "../store/tables/migrations.ts";
import { type JsonDocument, type JsonMember, membersOf, parseObject } from "./json-text.ts";
import type { TargetValue } from "./secret-target.ts";
import { type DigestKey, digestText } from "./value-digest.ts";
import { UnreadableValueError } from "./value-errors.ts";

/** What may be shown of two values: whether they are equal and, of two JSON objects, at which keys. Never a value. */
export type ValueComparison =
  | { readonly whole: "equal" | "different"; readonly keys: null }
  | { readonly whole: null; readonly keys: ComparedKeys };

/** Compares by keyed digests. Two JSON objects count by content: the order of keys and blanks don't matter. */
export function compareKeys(digestKey: DigestKey, vault: TargetValue, aws: TargetValue): ValueComparison {
  const [ours, theirs] = [documentOf(vault), documentOf(aws)];
  if (ours === null || theirs === null) {
    const isEqual = vault.form === aws.form && vault.secret.equals(aws.secret);
    return { whole: isEqual ? "equal" : "different", keys: null };
  }
  const [left, right] = [digestsByKey(digestKey, ours), digestsByKey(digestKey, theirs)];
  const shared = [...left.keys()].filter((key) => right.has(key));
  const isSame = (key: string): boolean => left.get(key) === right.get(key);
  const keys = {
    same: shared.filter(isSame),
    different: shared.filter((key) => !isSame(key)),
    onlyInVault: [...left.keys()].filter((key) => !right.has(key)),
    onlyInAws: [...right.keys()].filter((key) => !left.has(key)),
  };
  return { whole: null, keys: capped(keys) };
}

/** What is stored and shown: enough to tell two secrets apart, however large somebody else's is. */
const MAX_NAMES = 50;
const MAX_NAME_LENGTH = 128;

function capped(keys: Omit<ComparedKeys, "more">): ComparedKeys {
  const { same, different, onlyInVault, onlyInAws } = keys;
  const keep = (names: readonly string[]): string[] => names.slice(0, MAX_NAMES).map(shortened);
  const kept = {
    same: keep(same),
    different: keep(different),
    onlyInVault: keep(onlyInVault),
    onlyInAws: keep(onlyInAws),
  };
  if ([same, different, onlyInVault, onlyInAws].every(({ length }) => length <= MAX_NAMES)) return kept;
  const moreOf = (list: keyof typeof kept): number => keys[list].length - kept[list].length;
  const more = {
    same: moreOf("same"),
    different: moreOf("different"),
    onlyInVault: moreOf("onlyInVault"),
    onlyInAws: moreOf("onlyInAws"),
  };
  return { ...kept, more };
}

/** By whole characters: half a surrogate pair is no text that Postgres takes. */
function shortened(name: string): string {
  const characters = [...name];
  return characters.length <= MAX_NAME_LENGTH ? name : `${characters.slice(0, MAX_NAME_LENGTH - 1).join("")}…`;
}

interface ObjectDocument extends JsonDocument {
  readonly members: readonly JsonMember[];
}

/** null for text that is no JSON object, and for bytes: their parts have no names that may be shown. */
function documentOf({ form, secret }: TargetValue): ObjectDocument | null {
  if (form === "binary") return null;
  try {
    const document = parseObject(secret);
    return { ...document, members: membersOf(document.root) };
  } catch (error) {
    if (error instanceof UnreadableValueError) return null;
    throw error;
  }
}

function digestsByKey(digestKey: DigestKey, { members, text }: ObjectDocument): Map<string, string> {
  return new Map(members.map(({ key, value }) => [key, digestText(digestKey, canonicalForm(value, text))]));
}

/** Equal for equal content. Numbers count by their digits: 1.0 is not 1 to everybody. */
function canonicalForm(node: Node, text: string): string {
  if (node.type === "object") {
    const members = membersOf(node).map(({ key, value }) => `${JSON.stringify(key)}:${canonicalForm(value, text)}`);
    return `{${members.toSorted().join(",")}}`;
  }
  if (node.type === "array") return `[${(node.children ?? []).map((child) => canonicalForm(child, text)).join(",")}]`;
  return node.type === "string" ? JSON.stringify(node.value) : text.slice(node.offset, node.offset + node.length);
}
