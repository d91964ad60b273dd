import type { EntryDescription } from "../catalog/describe-entry.ts";
import type { EntryName } from "../catalog/entry-name.ts";
import type { ShownName } from "../catalog/show-name.ts";
import { type LaneVerdict, laneOf } from "../migration/lane-of.ts";
import type { RequestState } from "../migration/request-state.ts";
import { ACTION } from "./action-ids.ts";
import { actions, type Block, button, context, lines, type Message, message, section } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { overflowLine } from "./how-lines.ts";
import { pathNote, sayAccount, sayPath, sayPlural, sayTime, sayUser } from "./say.ts";
import { shorten } from "./shorten.ts";
import { stateWords } from "./state-words.ts";
import type { MetadataField, ViewSettings } from "./view-settings.ts";

export interface WhatView {
  readonly entry: EntryDescription;
  /** The newest request for it, if any. */
  readonly request: RequestState | null;
  readonly settings: ViewSettings;
  /** Set on the copy that someone shared with a channel: it has no Share button. */
  readonly sharedBy?: string;
}

/** The answer to `/secrets what`. */
export function whatMessage({ entry, request, settings, sharedBy }: WhatView): Message {
  const name = sayPath(entry.source, 400);
  const value = { id: String(entry.entryId), version: entry.currentVersion ?? 0 };
  const lane = laneOf(entry.source, settings.limits);
  const canMove = entry.goneAt === null && !entry.isDeleted && !isOpen(request) && lane.lane === "standard";
  const buttons = [
    ...(canMove ? [button("Ask for a migration", ACTION.askMigrate, value, { style: "primary" })] : []),
    ...(sharedBy === undefined ? [button("Share here", ACTION.askShare, value)] : []),
    ...(request ? [button("Details", ACTION.details, { id: request.id, version: request.version })] : []),
    button("Ask support", ACTION.askSupport, value),
  ];
  const note = pathNote(entry.source);
  const blocks: Block[] = [
    lines(`*${sayPath(entry.source)}*`, note && `_${note}_`, stateOf(entry)),
    lines(...entryLines(entry)),
    ...twinLines(entry),
    ...factLines(entry, settings.fields),
    lines(...moveLines(entry, request, settings), overflowLine(request?.overflow ?? null)),
    ...actions(...buttons),
    ...(sharedBy === undefined
      ? [context("Only you can see this. Names and dates from Vault's metadata; no value was read.")]
      : [context(`Shared by ${sayUser(sharedBy)}. Names and dates from Vault's metadata; no value was read.`)]),
  ];
  return message(`What I know of ${name}`, blocks);
}

const isOpen = (request: RequestState | null): boolean =>
  request !== null && ["waiting", "approved", "migrating"].includes(request.status);

function stateOf({ goneAt, isDeleted, currentVersion }: EntryDescription): string {
  if (goneAt) return `Gone from Vault since ${sayTime(goneAt)} or shortly before.`;
  if (isDeleted) return `Its newest version${currentVersion ? `, ${currentVersion},` : ""} is deleted in Vault.`;
  return "Present in Vault.";
}

function entryLines(entry: EntryDescription): string[] {
  const { source, currentVersion, versions, keyNames, customMetadata, vaultCreatedAt, vaultUpdatedAt } = entry;
  const custom = Object.entries(customMetadata);
  const kept = versions.filter(({ deletionTime, isDestroyed }) => !deletionTime && !isDestroyed).length;
  return [
    `*Mount*  ${code(source.mount, 200)}, ${engineWords(source.engine)}`,
    keyNames === null
      ? `*Keys*  ${source.engine === "kv-v2" ? "not known yet" : "KV v1 does not tell them without reading the value"}`
      : `*Keys*  ${keyNames.length === 0 ? "none" : listed(keyNames, 20)}`,
    ...(currentVersion === null ? [] : [`*Version*  ${currentVersion} (${kept} of ${versions.length} kept readable)`]),
    ...(vaultCreatedAt ? [`*Created*  ${sayTime(vaultCreatedAt)}`] : []),
    ...(vaultUpdatedAt ? [`*Changed*  ${sayTime(vaultUpdatedAt)}`] : []),
    ...(custom.length === 0
      ? []
      : [
          `*Custom metadata*  ${custom
            .slice(0, 15)
            .map(([key, text]) => `${code(key, 80)}: ${code(text, 160)}`)
            .join(" · ")}`,
        ]),
  ];
}

const engineWords = (engine: string): string =>
  ({ "kv-v1": "KV v1", "kv-v2": "KV v2" })[engine] ?? `engine ${escapeMrkdwn(engine)}`;

function listed(names: readonly string[], max: number): string {
  const rest = names.length - max;
  const shown = names.slice(0, max).map((name) => code(name, 80));
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

function twinLines({ twins }: EntryDescription): Block[] {
  if (twins.length === 0) return [];
  const head = twins.length === 1 ? "another name looks" : `${sayPlural(twins.length, "other name")} look`;
  return [lines(`*Take care:* ${head} like this one.`, ...twins.slice(0, 5).map(({ name }) => nameLine(name)))];
}

/** What people confirmed, and what was only suggested, told apart. */
function factLines({ facts }: EntryDescription, fields: readonly MetadataField[]): Block[] {
  const said = fields.flatMap(({ field, label }) => {
    const fact = facts.find((candidate) => candidate.field === field);
    const suggestion = fact?.suggestions[0];
    if (fact?.confirmed) {
      const { value, by } = fact.confirmed;
      return [`${escapeMrkdwn(label.replace(/\?$/, ""))}: ${code(value, 120)}, confirmed by ${sayUser(by)}`];
    }
    return suggestion
      ? [`${escapeMrkdwn(label.replace(/\?$/, ""))}: ${code(suggestion.value, 120)}, only suggested`]
      : [];
  });
  return said.length > 0 ? [lines("*Said of it*", ...said.map((line) => `• ${line}`))] : [];
}

function moveLines(
  { entryId: _, ...entry }: EntryDescription,
  request: RequestState | null,
  settings: ViewSettings,
): string[] {
  if (request === null) {
    const lane = laneOf(entry.source, settings.limits);
    const isNothing = entry.goneAt !== null || entry.isDeleted;
    if (lane.lane !== "standard" && entry.goneAt === null) return laneLines(lane);
    const next = isNothing ? "There is nothing to move." : "Ask for a migration, if it should move.";
    return ["*Migration*  nobody asked for one yet", `*Next*  ${next}`];
  }
  const { target } = request.content;
  return [
    `*Migration*  ${stateWords(request)}, ${request.id}, asked by ${sayUser(request.requester)}`,
    `*Target*  ${code(target.name, 500)} in ${escapeMrkdwn(sayAccount(target, settings.targets))}`,
    `*Next*  ${escapeMrkdwn(request.nextStep)}`,
  ];
}

/** Why it is none of the standard lane's, and who moves it. */
function laneLines({ lane, reason, nextStep }: Exclude<LaneVerdict, { lane: "standard" }>): string[] {
  return [`*Lane*  ${lane}: ${escapeMrkdwn(reason)}.`, `*Next*  ${escapeMrkdwn(nextStep)}`];
}

const nameLine = ({ shown, note }: ShownName): string =>
  `${code(shown, 500)}${note ? `\n_${shorten(escapeMrkdwn(note), 400)}_` : ""}`;

/**
 * The answer where no one secret is meant: the nearest names as buttons, with what tells alike ones apart.
 * @param action What a press on a name goes on with: `ask.what` or `ask.migrate`.
 */
export function nearestMessage(
  asked: string,
  { kind, near }: { readonly kind: "several" | "none"; readonly near: readonly EntryName[] },
  action: typeof ACTION.askWhat | typeof ACTION.askMigrate,
): Message {
  const none = `I know no secret named ${code(asked, 400)}, so nothing was looked up.`;
  const head = kind === "several" ? `${code(asked, 400)} fits more than one secret. Which one do you mean?` : none;
  const label = action === ACTION.askWhat ? "Show" : "Ask for this one";
  const rows = near
    .slice(0, 10)
    .map((name) =>
      section(
        `${nameLine(name)}${name.isGone ? "\nGone from Vault." : ""}`,
        button(label, action, { id: String(name.entryId), version: 0 }),
      ),
    );
  const hint =
    near.length > 0
      ? "Names are compared letter by letter, blanks and accents included."
      : "Check the spelling: mount, then path, as in `secret/team-a/stripe`. A secret made minutes ago may not be in the catalogue yet.";
  const lead = kind === "none" && near.length > 0 ? `${none} The nearest names:` : head;
  return message(kind === "none" ? `No secret named ${code(asked, 300)}` : "Which secret do you mean?", [
    section(lead),
    ...rows,
    ...actions(button("Ask support", ACTION.askSupport, { id: "UNKNOWN_PATH", version: 0 })),
    context(hint),
  ]);
}
