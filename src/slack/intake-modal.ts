import { z } from "zod";
import type { ValueShape } from "../approvals/content.ts";
import { CALLBACK, fieldInput, INPUT } from "./action-ids.ts";
import { LIMITS } from "./block-kit-limits.ts";
import { type Block, context, divider, lines, type ModalView, plain, section } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { selectInput, textInput } from "./inputs.ts";
import { pathNote, sayPath, sayPlural } from "./say.ts";
import { shapeInputs } from "./shape-inputs.ts";
import { shorten } from "./shorten.ts";
import type { AllowedTarget, MetadataField, ViewSettings } from "./view-settings.ts";

/** What the modal remembers between opening and submit: ids only. */
const IntakeMemory = z.strictObject({ entryId: z.number().int(), replaces: z.string().nullable() });
export type IntakeMemory = z.output<typeof IntakeMemory>;

/** @throws {z.ZodError} Not a modal of ours. */
export const readIntakeMemory = (privateMetadata: string): IntakeMemory =>
  IntakeMemory.parse(JSON.parse(privateMetadata));

export interface IntakeSuggestion {
  readonly field: string;
  readonly value: string;
  readonly source: string;
  readonly evidence: string;
}

export interface IntakeFault {
  readonly text: string;
  readonly blocks: boolean;
}

/** What the form starts with: suggestions on a first asking, the earlier answers when a request is edited. */
export interface IntakeAnswers {
  readonly fields: Readonly<Record<string, string>>;
  readonly target: { readonly accountId: string; readonly region: string } | null;
  readonly name: string;
  readonly shape: ValueShape;
  readonly olderVersions: number;
  /** Whether what stands at the name and is not from this path is to be taken over. */
  readonly takesOver: boolean;
  readonly notBefore: Date | null;
  readonly reason: string;
}

export interface IntakeForm {
  readonly memory: IntakeMemory;
  readonly source: { readonly namespace: string; readonly mount: string; readonly path: string };
  readonly currentVersion: number | null;
  readonly keyNames: readonly string[] | null;
  /** How many older versions Vault can still give; 0 for KV v1. */
  readonly maxOlderVersions: number;
  readonly suggestions: readonly IntakeSuggestion[];
  /** Said once for all suggestions, for example that no language model is configured. */
  readonly note: string | null;
  readonly faults: readonly IntakeFault[];
  readonly answers: IntakeAnswers;
}

const TITLE = "Ask for a migration";

/** The form itself: what is moved, what stands in its way, then what to say of it and where it goes. */
export function intakeModal(form: IntakeForm, settings: ViewSettings): ModalView {
  const { memory, source, currentVersion, faults, answers, note } = form;
  const version = currentVersion === null ? "which has no versions (KV v1)" : `version ${currentVersion}`;
  const alike = pathNote(source);
  const fields = settings.fields.map((field) => metadataInput(field, form));
  return {
    ...modal(CALLBACK.intake, TITLE, "Send"),
    private_metadata: JSON.stringify(memory satisfies IntakeMemory),
    blocks: [
      lines(`*What will be moved*  ${sayPath(source)}, ${version}`, alike && `_${alike}_`),
      ...faultLines(faults),
      divider(),
      ...(note ? [context(escapeMrkdwn(note))] : []),
      ...fields.slice(0, 40),
      divider(),
      ...targetInputs(form, settings.targets),
      ...shapeInputs({ ...answers, keyNames: form.keyNames, maxOlderVersions: form.maxOlderVersions }),
      textInput(INPUT.window, "Not before (UTC)", {
        initial: answers.notBefore ? answers.notBefore.toISOString().slice(0, 16).replace("T", " ") : "",
        max: 16,
        isOptional: true,
        placeholder: "2026-11-30 20:00",
        hint: "Empty: as soon as it is approved.",
      }),
      textInput(INPUT.reason, "Why should it move?", {
        initial: answers.reason,
        max: 500,
        isLong: true,
        hint: "The approver reads this. Never write a secret's value here.",
      }),
      context("Nothing moves before somebody else has approved exactly what this form says."),
    ],
  };
}

function metadataInput({ field, label, required, options }: MetadataField, form: IntakeForm): Block {
  const suggestion = form.suggestions.find((candidate) => candidate.field === field);
  const initial = form.answers.fields[field] ?? suggestion?.value ?? "";
  const hint = suggestion ? suggestionHint(suggestion) : "No suggestion: the name and the keys did not tell.";
  const common = { initial, isOptional: !required, hint };
  if (!options || options.length === 0) return textInput(fieldInput(field), label, { ...common, max: 255 });
  const choices = options.map((option) => ({ value: option, text: option }));
  return selectInput(fieldInput(field), label, choices, common);
}

const SOURCE_WORDS: Record<string, string> = {
  rules: "the naming rules",
  neighbours: "confirmed neighbours",
  llm: "the language model",
  "vault-metadata": "Vault's own metadata",
};

/** Where a suggestion comes from. No word on how sure it is: that is not measured. */
const suggestionHint = ({ value, source, evidence }: IntakeSuggestion): string =>
  shorten(
    `Suggested "${shorten(value, 120)}" by ${SOURCE_WORDS[source] ?? source}: ${evidence.replaceAll("`", '"')}`,
    400,
  ); // hints are plain text

/** Known before submit, so nobody fills in a form for something that can't move. */
function faultLines(faults: readonly IntakeFault[]): Block[] {
  if (faults.length === 0) return [];
  const stops = faults.some(({ blocks }) => blocks);
  const head = stops
    ? `*This can't be sent as it stands.* ${sayPlural(faults.length, "thing")} to look at:`
    : "*Before you send this, look at:*";
  return [lines(head, ...faults.map(({ text }) => `• ${shorten(escapeMrkdwn(text), 600)}`))];
}

/** The select's value for an allowed target. */
export const targetValue = ({ accountId, region }: Pick<AllowedTarget, "accountId" | "region">): string =>
  shorten(`${accountId}:${region}`, LIMITS.optionValue);

/** What a person answers to a name that AWS has already. */
export const TAKE_OVER = "take-over";
const TAKEN_CHOICES = [
  { value: "stop", text: "Stop: I choose another name (usual)" },
  { value: TAKE_OVER, text: "Take over what is there; the approvers decide" },
];

function targetInputs({ answers }: IntakeForm, targets: readonly AllowedTarget[]): Block[] {
  const choices = new Map(
    targets.map((target) => [
      targetValue(target),
      target.label
        ? `${shorten(target.label, 40)} (${target.accountId}, ${target.region})`
        : `${target.accountId}, ${target.region}`,
    ]),
  );
  const first = targets[0];
  const initial = answers.target ?? first;
  const prefixes = [...new Set(targets.map(({ namePrefix }) => namePrefix))].filter((prefix) => prefix !== "");
  return [
    selectInput(
      INPUT.target,
      "AWS account and region",
      [...choices].map(([value, text]) => ({ value, text })),
      { hint: "The places that your organisation allows.", ...(initial && { initial: targetValue(initial) }) },
    ),
    textInput(INPUT.name, "Name in Secrets Manager", {
      initial: answers.name,
      max: 512,
      hint: prefixes.length > 0 ? shorten(`Names start with ${prefixes.join(" or ")}`, 300) : null,
    }),
    selectInput(INPUT.taken, "If AWS has that name already", TAKEN_CHOICES, {
      initial: answers.takesOver ? TAKE_OVER : "stop",
      hint: "Taking over adds a version to a secret that Glovebox did not make, and restores it if it is scheduled for deletion. What it holds now stays as its previous version.",
    }),
    ...settingsNote(targets),
  ];
}

/** What the rules add to a target is theirs, not the form's; the card shows it in full. */
function settingsNote(targets: readonly AllowedTarget[]): Block[] {
  const named = targets.flatMap(({ accountId, region, description, replicaRegions = [], resourcePolicy }) => {
    const added = [
      ...(description === undefined ? [] : ["a description"]),
      ...(replicaRegions.length === 0 ? [] : [`copies in ${replicaRegions.join(", ")}`]),
      ...(resourcePolicy === undefined ? [] : ["a resource policy"]),
    ];
    return added.length === 0 ? [] : [`${accountId}, ${region}: ${added.join(", ")}`];
  });
  return named.length === 0
    ? []
    : [
        context(
          shorten(
            `Your organisation's rules add, and the card shows in full: ${escapeMrkdwn(named.join("; "))}.`,
            1_500,
          ),
        ),
      ];
}

/** Shown at once, for Slack gives three seconds and a suggestion may take longer. */
export const intakeSkeleton = (path: string): ModalView => ({
  ...modal(CALLBACK.intake, TITLE, null),
  blocks: [section(`Looking up ${code(path, 400)}: suggestions, and what might stand in the way.`)],
});

/** The modal for a command without a path. @param typed What was typed so far. */
export const intakeSecretModal = (typed: string, near: readonly string[] = []): ModalView => ({
  ...modal(CALLBACK.intakeSecret, TITLE, "Next"),
  blocks: [
    textInput(INPUT.secret, "Which secret?", {
      initial: typed,
      max: 1_000,
      placeholder: "secret/team-a/stripe",
      hint: "Mount and path in Vault. Never the value.",
    }),
    ...(near.length > 0
      ? [lines("The nearest names:", ...near.slice(0, 5).map((name) => `• ${code(name, 400)}`))]
      : []),
  ],
});

/** The last page: what happened, or why it did not. `text` is mrkdwn of ours. */
export const intakeNotice = (text: string): ModalView => ({
  ...modal(CALLBACK.intake, TITLE, null),
  blocks: [section(text)],
});

export function modal(callbackId: string, title: string, submit: string | null): Omit<ModalView, "blocks"> {
  return {
    type: "modal",
    callback_id: callbackId,
    title: plain(title, LIMITS.modalTitle),
    close: plain(submit === null ? "Close" : "Cancel", LIMITS.modalButton),
    ...(submit !== null && { submit: plain(submit, LIMITS.modalButton) }),
  };
}
