import { evidenceLines, ownerLines, siblingLines } from "../metadata/answer/answer-lines.ts";
import type { Phrase } from "../metadata/answer/phrase.ts";
import type { SecretAnswer } from "../metadata/answer/secret-answer.ts";
import { type LaneVerdict, sayLane } from "../migration/lane-of.ts";

export const LANE_UNKNOWN = "Its lane is not known: glovebox.yaml can't be read here (GLOVEBOX_RULES).";

/** The answer that Slack shows as a card, as lines of text. */
export function answerLines(answer: SecretAnswer, lane: LaneVerdict | null): string[] {
  const { entry, identity } = answer;
  const { shown, note } = entry.name;
  const custom = Object.entries(entry.customMetadata);
  return [
    sayInTerminal(identity.sentence),
    ...(identity.because === null ? [] : [sayInTerminal(identity.because)]),
    `  ${shown}${note === null ? "" : `  (${note})`}`,
    `  ${stateOf(answer)}`,
    ...[...evidenceLines(answer), ...ownerLines(answer), ...siblingLines(answer)].map(
      (line) => `  ${sayInTerminal(line)}`,
    ),
    ...entry.twins.map(({ name }) => `  Looks like ${name.shown}${name.note === null ? "" : ` (${name.note})`}.`),
    ...custom.map(([name, value]) => `  metadata  ${name}=${value}`),
    `  lane      ${laneLine(lane)}`,
    `  request   ${entry.requestId === null ? "none" : `${entry.requestId}, ${entry.requestStatus}`}`,
  ];
}

function stateOf({ entry: { goneAt, isDeleted, source, currentVersion } }: SecretAnswer): string {
  const version = currentVersion === null ? "" : `, version ${currentVersion}`;
  const state = goneAt ? "gone from Vault" : isDeleted ? "its newest version is deleted" : "present in Vault";
  return `${source.engine}${version}, ${state}`;
}

function laneLine(lane: LaneVerdict | null): string {
  return lane === null ? LANE_UNKNOWN : (sayLane(lane) ?? "standard");
}

export function sayInTerminal(phrase: Phrase): string {
  return phrase
    .map((part) => {
      if (typeof part === "string") return part;
      if ("name" in part) return part.name;
      return "userId" in part ? part.userId : part.day.toISOString().slice(0, 10);
    })
    .join("");
}
