import { showName } from "../catalog/show-name.ts";
import type { HomeSecret } from "../home/load-home.ts";
import type { WaitingItem } from "../home/waiting-for-me.ts";
import { NOUNS } from "../metadata/answer/nouns.ts";
import { LANE_WORDS } from "../migration/lanes/lane.ts";
import type { RequestState } from "../migration/request-state.ts";
import { ACTION } from "./action-ids.ts";
import { type Block, button, section } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { sayAge, sayPath, sayPlural, sayUser } from "./say.ts";
import { shorten } from "./shorten.ts";
import { stateWords } from "./state-words.ts";
import { requestRow } from "./status-message.ts";

/** One thing that waits: what it is, since when, what to do, and one button. */
export function waitingRow(item: WaitingItem, { at, isStaff }: { at: Date; isStaff: boolean }): Block {
  switch (item.kind) {
    case "decision":
    case "failure":
      return homeRequestRow(item.request, at);
    case "batch":
      return row(
        `*A batch waits for your decision* · ${code(item.wave, 60)}, ${item.number === 1 ? "the pilot" : `batch ${item.number}`} · ${sayAge(item.since, at)}`,
        `${sayPlural(item.itemCount, "secret")}, asked for by ${sayUser(item.requester)}`,
        "Look at its sample, then decide on its card in the approvals channel.",
        button("Show", ACTION.batchLook, { id: `${item.wave}_${item.number}`, version: item.version }),
      );
    case "draft":
      return row(
        `*A wave in your name is not sent yet* · ${code(item.wave, 60)} · ${sayAge(item.since, at)}`,
        `${sayPlural(item.itemCount, "secret")}, chosen by an operator`,
        "Send it or drop it. Nothing was asked for so far.",
        button("Show", ACTION.homeWave, { id: item.wave, version: 0 }),
      );
    case "case":
      return row(
        `*${item.isTheirs ? "A case that you claimed" : "A case needs support"}* · ${item.caseId} · ${sayAge(item.since, at)}`,
        `${sayUser(item.openedBy)} asks about: ${escapeMrkdwn(item.topic)}`,
        item.isTheirs ? "Answer in its thread, and resolve it." : "Claim it, then answer in its thread.",
        button("Show", ACTION.homeCase, { id: item.caseId, version: item.version }),
      );
    case "owner":
      return row(
        `*Whose is it?* · ${sayAge(item.since, at)}`,
        code(showName(item.fullPath).shown, 250),
        `${sayDispute(item)} ${isStaff ? "Ask the teams, then record whose it is." : "Say so: Show, then That's mine or Not mine."}`,
        button("Show", isStaff ? ACTION.settleOwner : ACTION.homeSecret, { id: String(item.entryId), version: 0 }),
      );
  }
}

/** As in `/secrets status`, and shown in front of the tab. */
export const homeRequestRow = (request: RequestState, at: Date): Block =>
  requestRow(request, at, { label: "Show", actionId: ACTION.homeRequest });

function sayDispute({ owner, alsoClaimedBy, disownedBy }: Extract<WaitingItem, { kind: "owner" }>): string {
  const named = (teams: readonly string[]): string =>
    teams
      .slice(0, 5)
      .map((team) => code(team, 80))
      .join(", ");
  const recorded = owner === null ? "Nobody is recorded as its owner." : `It is recorded as ${code(owner, 80)}'s.`;
  const also = alsoClaimedBy.length === 0 ? "" : ` Before that it was ${named(alsoClaimedBy)}'s.`;
  const not = disownedBy.length === 0 ? "" : ` ${named(disownedBy)} says it is not theirs.`;
  return `${recorded}${also}${not}`;
}

/** One secret: its path, its state and why it is one of theirs, and the next step. */
export function secretRow(secret: HomeSecret, at: Date): Block {
  const { entryId, source, version, owner, use, isRequestedByThem, request } = secret;
  const state =
    request === null
      ? "*Nobody asked to move it*"
      : `*${stateWords(request)}* · ${request.id} · ${sayAge(request.createdAt, at)}`;
  const why = [
    owner &&
      `${owner.isConfirmed ? "" : "probably "}owned by ${code(owner.team, 80)}${owner.isConfirmed ? ", confirmed" : ""}`,
    use && `read by ${code(use.reader, 80)}`,
    isRequestedByThem && "you asked for it",
  ].filter((reason) => typeof reason === "string");
  return row(
    [sayPath(source, 250), ...saidOf(secret)].join(" · "),
    [state, ...why].join(" · "),
    escapeMrkdwn(nextStepOf(secret)),
    button("Show", ACTION.homeSecret, { id: String(entryId), version: version ?? 0 }),
  );
}

/** What it is and where: a guess as far as nobody confirmed it, so only where it helps to tell rows apart. */
const saidOf = ({ purpose, environment }: HomeSecret): string[] =>
  [purpose && kindOf(purpose), environment].flatMap((text) => (text ? [shorten(escapeMrkdwn(text), 60)] : []));

/** In words, as the answer says it; what a person wrote in their own words stays as it is. */
const kindOf = (purpose: string): string =>
  Object.entries(NOUNS).find(([type]) => type === purpose)?.[1].alone ?? purpose;

function nextStepOf({ lane, owner, request }: HomeSecret): string {
  if (request !== null) return request.nextStep;
  if (lane.lane !== "standard") return `${LANE_WORDS[lane.lane]} lane. ${lane.nextStep}`;
  return owner?.isConfirmed === false
    ? "Is it yours? Show it, and say That's mine or Not mine."
    : "Show it, and ask for a migration if it should move.";
}

const row = (first: string, second: string, third: string, accessory: ReturnType<typeof button>): Block =>
  section([first, second, third].join("\n"), accessory);
