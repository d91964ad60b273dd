import { RequestContent } from "../../approvals/content.ts";
import { formatPath } from "../../catalog/secret-path.ts";
import { showName } from "../../catalog/show-name.ts";
import { FIELDS } from "../../metadata/suggestion.ts";
import { type CustomMetadataRule, carryCustomMetadata, type TagOverflow } from "../custom-metadata-tags.ts";
import { labelFaults } from "../preflight.ts";
import { type SettingsRule, settingsFor } from "../rule-settings.ts";
import type { ChosenRow } from "./choose-rows.ts";
import type { SaidOf } from "./describe-items.ts";
import type { WaveException } from "./wave-exception.ts";

/** What the form's rules say of one field. */
export interface FieldRule {
  readonly label: string;
  readonly tag: string;
  readonly required: boolean;
}

export interface DraftWishes {
  readonly requester: string;
  readonly reason: string;
  readonly olderVersions: number;
  readonly fields: Readonly<Record<(typeof FIELDS)[number], FieldRule>>;
  /** What of Vault's custom metadata becomes tags; nothing where absent. */
  readonly customMetadata?: CustomMetadataRule;
}

/** What the catalogue knows of an entry beside its name. */
export interface EntryInVault {
  readonly mountAccessor: string;
  readonly customMetadata: Readonly<Record<string, string>>;
}

export interface DraftItem {
  readonly entryId: number;
  readonly content: RequestContent;
  /** What is unusual about it, in words for people. */
  readonly notes: readonly string[];
  readonly overflow: TagOverflow;
}

/** A chosen row as the request that its form would make, or why it needs a person of its own. */
export function draftItem(
  { row, place }: ChosenRow,
  said: SaidOf,
  entry: EntryInVault | undefined,
  wishes: DraftWishes & { readonly rule: SettingsRule },
): { item: DraftItem } | { exception: WaveException } {
  const { entryId, target, engine, namespace, mount, path } = row;
  const name = formatPath(row);
  const out = (code: string, reason: string, nextStep: string) => ({
    exception: { place, name, code, reason, nextStep },
  });
  const isKv = engine === "kv-v1" || engine === "kv-v2";
  if (row.verdict !== "ready" || entryId === null || target === null || entry === undefined || !isKv) {
    const [first] = row.reasons;
    return out(first?.code ?? "NOT_READY", first?.text ?? "The plan does not call it ready.", row.nextStep);
  }
  const missing = FIELDS.filter((field) => wishes.fields[field].required && said[field] === undefined);
  if (missing.length > 0) {
    const labels = missing.map((field) => wishes.fields[field].label).join(", ");
    const reason = `Nobody has said this of it, and no suggestion is likely: ${labels}.`;
    return out("METADATA_MISSING", reason, `Ask for it by its own form: \`/secrets migrate ${name}\`.`);
  }
  const { tags, ...overflow } = carryCustomMetadata(
    wishes.customMetadata ?? { tags: "none", prefix: "" },
    entry.customMetadata,
    Object.fromEntries(FIELDS.flatMap((field) => (said[field] ? [[wishes.fields[field].tag, said[field].value]] : []))),
  );
  const [fault] = labelFaults(tags);
  if (fault) return out(fault.code, fault.text, `Ask for it by its own form: \`/secrets migrate ${name}\`.`);
  const source = { namespace, mount, mountAccessor: entry.mountAccessor, engine, path };
  const content = RequestContent.parse({
    source,
    target,
    shape: { kind: "document" },
    olderVersions: engine === "kv-v2" ? wishes.olderVersions : 0,
    settings: settingsFor(wishes.rule, { source, tags }),
    adopt: null,
    tags,
    notBefore: null,
    reason: wishes.reason,
    requester: wishes.requester,
  });
  return { item: { entryId, content, notes: [...notesOf(row, said), ...overflowNotes(overflow)], overflow } };
}

function notesOf({ engine, reasons, ...row }: ChosenRow["row"], said: SaidOf): string[] {
  const { note } = showName(formatPath(row));
  const guessed = FIELDS.filter((field) => said[field]?.isConfirmed === false);
  return [
    ...(note === null ? [] : [`its name has what the eye can't see: ${note}`]),
    ...(engine === "kv-v1" ? ["KV v1: it has no versions"] : []),
    ...reasons.map(({ text }) => text),
    ...(guessed.length === 0 ? [] : [`not confirmed by anybody, from its name and neighbours: ${guessed.join(", ")}`]),
  ];
}

function overflowNotes({ leftOut, total }: TagOverflow): string[] {
  if (leftOut.length === 0) return [];
  const names = leftOut.map(({ key }) => key).join(", ");
  return [`${leftOut.length} of ${total} entries of its custom metadata don't become tags: ${names}`];
}
