import type { RequestState } from "../migration/request-state.ts";
import type { WaitingBatch } from "../migration/waves/list-waiting-batches.ts";
import { LIMITS } from "./block-kit-limits.ts";
import { type Block, context, divider, type HomeView, header, lines, section } from "./blocks.ts";
import { code } from "./escape-mrkdwn.ts";
import { menuButtons } from "./menu-message.ts";
import { sayPlural, sayUser } from "./say.ts";
import { requestRows } from "./status-message.ts";

export interface HomeContent {
  readonly mine: readonly RequestState[];
  /** Other people's requests that this person may decide. */
  readonly waitingForMe: readonly RequestState[];
  /** Batches of other people's waves, which one card each stands for. */
  readonly batchesForMe: readonly WaitingBatch[];
  readonly now: Date;
}

const BATCHES_SHOWN = 5;

/** The Home tab of one person: the menu, what waits for them, what they asked for. */
export function homeView({ mine, waitingForMe, batchesForMe, now }: HomeContent): HomeView {
  const blocks = [
    header("Secrets"),
    section(
      `${sayPlural(waitingForMe.length, "request")} waiting for you, ${sayPlural(mine.length, "request")} of yours.`,
    ),
    ...menuButtons(),
    divider(),
    header("Waiting for you"),
    ...batchLines(batchesForMe),
    ...(waitingForMe.length > 0 || batchesForMe.length > 0
      ? requestRows(waitingForMe, now)
      : [section("Nothing waits for you.")]),
    divider(),
    header("Your requests"),
    ...(mine.length > 0 ? requestRows(mine, now) : [section("You have not asked for anything yet.")]),
    context("Never paste a secret's value here. I only ever need its path."),
  ];
  return { type: "home", blocks: blocks.slice(0, LIMITS.viewBlocks) };
}

function batchLines(batches: readonly WaitingBatch[]): Block[] {
  if (batches.length === 0) return [];
  const each = batches
    .slice(0, BATCHES_SHOWN)
    .map(
      ({ wave, number, requester, itemCount }) =>
        `• ${code(wave, 60)}, ${number === 1 ? "the pilot" : `batch ${number}`}: ${sayPlural(itemCount, "secret")}, asked for by ${sayUser(requester)}`,
    );
  const rest = batches.length - each.length;
  return [
    lines("*Batches*, decided on their cards in the approvals channel:", ...each, rest > 0 ? `and ${rest} more` : null),
  ];
}
