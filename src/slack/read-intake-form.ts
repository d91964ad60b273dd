import type { RequestContent } from "../approvals/content.ts";
import type { EntryDescription } from "../catalog/describe-entry.ts";
import { carryCustomMetadata, type TagOverflow } from "../migration/custom-metadata-tags.ts";
import type { RequestState } from "../migration/request-state.ts";
import { settingsFor } from "../migration/rule-settings.ts";
import { fieldInput, INPUT } from "./action-ids.ts";
import { type IntakeAnswers, TAKE_OVER, targetValue } from "./intake-modal.ts";
import { readShape } from "./shape-inputs.ts";
import { shorten } from "./shorten.ts";
import type { AllowedTarget, ViewSettings } from "./view-settings.ts";

/** Words under a field, by block id. */
export type FieldErrors = Record<string, string>;

export type ReadForm =
  | { readonly kind: "faulty"; readonly errors: FieldErrors }
  | {
      readonly kind: "complete";
      readonly content: RequestContent;
      /** What the person said of the secret, by field (`ownerTeam`). */
      readonly said: Readonly<Record<string, string>>;
      /** What stands at the name is to be taken over: `content.adopt` is still to be filled in. */
      readonly takesOver: boolean;
      /** What of Vault's custom metadata AWS gets not as a tag. */
      readonly overflow: TagOverflow;
    };

interface Submitted {
  readonly inputs: ReadonlyMap<string, string>;
  readonly entry: EntryDescription;
  readonly requester: string;
  readonly now: Date;
}

/** A submitted form as a request's content, or what is missing under each field. Slack's client is not trusted. */
export function readIntakeForm({ inputs, entry, requester, now }: Submitted, settings: ViewSettings): ReadForm {
  const errors: FieldErrors = {};
  const said: Record<string, string> = {};
  for (const { field, label, required, options } of settings.fields) {
    const value = inputs.get(fieldInput(field))?.trim() ?? "";
    if (value === "" && required) errors[fieldInput(field)] = `${label}: say it, or write "unknown".`;
    if (value !== "" && options && options.length > 0 && !options.includes(value)) {
      errors[fieldInput(field)] = "Choose one of the list.";
    }
    if (value.length > 255) errors[fieldInput(field)] = "Use at most 255 characters.";
    if (value !== "") said[field] = value;
  }
  const name = inputs.get(INPUT.name)?.trim() ?? "";
  if (name === "") errors[INPUT.name] = "Give the target a name.";
  const target = chosenTarget(settings.targets, inputs.get(INPUT.target), name);
  if (!target) errors[INPUT.target] = "Choose one of the allowed accounts.";
  const read = readShape(inputs, entry);
  if ("errors" in read) Object.assign(errors, read.errors);
  const reason = inputs.get(INPUT.reason)?.trim() ?? "";
  if (reason === "") errors[INPUT.reason] = "Say why: the approver reads it.";
  if (reason.length > 500) errors[INPUT.reason] = "Use at most 500 characters.";
  const notBefore = chosenTime(inputs.get(INPUT.window)?.trim() ?? "");
  if (notBefore === "unreadable") {
    errors[INPUT.window] = "Write it as 2026-11-30 20:00, in UTC, or leave it empty.";
  } else if (notBefore && notBefore.getTime() < now.getTime() - 60_000) {
    errors[INPUT.window] = "That time is past. Leave it empty to start as soon as it is approved.";
  }
  const engine = kvEngine(entry.source.engine);
  if (!engine) errors[INPUT.name] = "Only secrets of KV engines can be moved.";
  if (Object.keys(errors).length > 0 || !target || "errors" in read || !engine || notBefore === "unreadable") {
    return { kind: "faulty", errors };
  }
  const { namespace, mount, mountAccessor, path } = entry.source;
  const { accountId, region, kmsKeyIds } = target;
  const source = { namespace, mount, mountAccessor, engine, path };
  const { tags, ...overflow } = carryCustomMetadata(
    settings.customMetadata,
    entry.customMetadata,
    Object.fromEntries(
      settings.fields.flatMap(({ field, tag }) => (said[field] === undefined ? [] : [[tag, said[field]]])),
    ),
  );
  return {
    kind: "complete",
    said,
    takesOver: inputs.get(INPUT.taken) === TAKE_OVER,
    overflow,
    content: {
      source,
      target: { accountId, region, name, kmsKeyId: kmsKeyIds[0] ?? null },
      shape: read.shape,
      olderVersions: read.olderVersions,
      settings: settingsFor(target, { source, tags }),
      adopt: null,
      tags,
      notBefore: notBefore?.toISOString() ?? null,
      reason,
      requester,
    },
  };
}

const kvEngine = (engine: string) => (["kv-v1", "kv-v2"] as const).find((known) => known === engine);

/** Two rules may allow one account and region with different prefixes: the one that fits the name counts. */
function chosenTarget(targets: readonly AllowedTarget[], value: string | undefined, name: string) {
  const allowed = targets.filter((target) => targetValue(target) === value);
  return allowed.find(({ namePrefix }) => name.startsWith(namePrefix)) ?? allowed[0];
}

function chosenTime(text: string): Date | null | "unreadable" {
  if (text === "") return null;
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)$/.exec(text) ?? [];
  const at = new Date(`${day}T${time}:00Z`);
  // The way back catches 30 February, which Date would make the 2nd of March.
  return Number.isNaN(at.getTime()) || !at.toISOString().startsWith(`${day}T${time}`) ? "unreadable" : at;
}

export interface FormFault {
  readonly field: "path" | "target" | "tags" | "key";
  readonly text: string;
  readonly blocks: boolean;
}

/** Pre-flight's faults at the field where they can be put right. The path has no field: its name comes nearest. */
export function faultsByField(faults: readonly FormFault[], { fields }: ViewSettings): FieldErrors {
  const blockOf: Record<FormFault["field"], string> = {
    path: INPUT.name,
    target: INPUT.name,
    key: INPUT.shape,
    tags: fieldInput(fields[0]?.field ?? ""),
  };
  const errors: FieldErrors = {};
  for (const { field, text, blocks } of faults) {
    const blockId = blockOf[field];
    const words = text.replaceAll("`", '"'); // under a field it is plain text
    if (blocks) errors[blockId] = shorten([errors[blockId], words].filter(Boolean).join(" "), 400);
  }
  return errors;
}

/** The answers of an earlier form, for editing it or asking again. */
export function answersOf({ content }: RequestState, { fields }: ViewSettings, now: Date): IntakeAnswers {
  const { target, tags, shape, olderVersions, adopt, notBefore, reason } = content;
  const start = notBefore === null ? null : new Date(notBefore);
  return {
    fields: Object.fromEntries(fields.flatMap(({ field, tag }) => (tags[tag] ? [[field, tags[tag]]] : []))),
    target,
    name: target.name,
    shape,
    olderVersions,
    takesOver: adopt !== null,
    notBefore: start && start > now ? start : null,
    reason,
  };
}
