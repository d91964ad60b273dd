import type { EntryDescription } from "../catalog/describe-entry.ts";
import type { SecretAnswer } from "../metadata/answer/secret-answer.ts";
import type { RequestState } from "../migration/request-state.ts";
import { ACTION } from "./action-ids.ts";
import { actions, type Block, button, context, lines, type Message, message } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { overflowLine } from "./how-lines.ts";
import { sayPath, sayTime, sayUser } from "./say.ts";
import type { MetadataField, ViewSettings } from "./view-settings.ts";

/** All that the catalogue holds of one secret, for who wants more than the answer. */
export function secretDetails(
  { entry, usage }: SecretAnswer,
  request: RequestState | null,
  settings: ViewSettings,
): Message {
  return message(`Details of ${sayPath(entry.source, 400)}`, [
    lines(`*Details of* ${sayPath(entry.source, 400)}`, ...entryLines(entry)),
    ...factLines(entry, settings.fields),
    ...clientLines(usage),
    ...(request ? [lines(overflowLine(request.overflow), `*Request*  ${request.id}`)] : []),
    ...actions(
      ...(request ? [button("The request", ACTION.details, { id: request.id, version: request.version })] : []),
      button("Back to the answer", ACTION.askWhat, { id: String(entry.entryId), version: 0 }),
    ),
    context(`Last looked at in Vault ${sayTime(entry.seenAt)}. Only you can see this.`),
  ]);
}

function entryLines(entry: EntryDescription): string[] {
  const { source, currentVersion, versions, keyNames, customMetadata, vaultCreatedAt, vaultUpdatedAt } = entry;
  const custom = Object.entries(customMetadata);
  const kept = versions.filter(({ deletionTime, isDestroyed }) => !deletionTime && !isDestroyed).length;
  return [
    `*Mount*  ${code(source.mount, 200)}, ${engineWords(source.engine)}`,
    ...(keyNames === null ? [] : [`*Keys*  ${keyNames.length === 0 ? "none" : codes(keyNames, 20)}`]),
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

function codes(names: readonly string[], max: number): string {
  const rest = names.length - max;
  const shown = names.slice(0, max).map((name) => code(name, 80));
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

/** What people confirmed, and what was only suggested, told apart. */
function factLines({ facts }: EntryDescription, fields: readonly MetadataField[]): Block[] {
  const said = fields.flatMap(({ field, label }) => {
    const fact = facts.find((candidate) => candidate.field === field);
    const suggestion = fact?.suggestions[0];
    const what = escapeMrkdwn(label.replace(/\?$/, ""));
    if (fact?.confirmed)
      return [`${what}: ${code(fact.confirmed.value, 120)}, confirmed by ${sayUser(fact.confirmed.by)}`];
    return suggestion ? [`${what}: ${code(suggestion.value, 120)}, only suggested`] : [];
  });
  return said.length > 0 ? [lines("*Said of it*", ...said.map((line) => `• ${line}`))] : [];
}

/** Who read it, the newest first. */
function clientLines({ clients, clientCount }: SecretAnswer["usage"]): Block[] {
  if (clients.length === 0) return [];
  const rest = clientCount - Math.min(clients.length, 8);
  return [
    lines(
      "*Readers*, the newest first",
      ...clients
        .slice(0, 8)
        .map(
          ({ role, displayName, entityId, address, reads, lastAt }) =>
            `• ${code(role ?? displayName ?? entityId ?? "no name", 80)}${address === null ? "" : ` from ${code(address, 60)}`}: ${reads === 1 ? "1 read" : `${reads} reads`}, last ${sayTime(lastAt)}`,
        ),
      rest > 0 ? `and ${rest} more` : null,
    ),
  ];
}
