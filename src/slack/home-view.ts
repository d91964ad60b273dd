import type { RequestState } from "../migration/request-state.ts";
import { LIMITS } from "./block-kit-limits.ts";
import { context, divider, type HomeView, header, section } from "./blocks.ts";
import { menuButtons } from "./menu-message.ts";
import { sayPlural } from "./say.ts";
import { requestRows } from "./status-message.ts";

export interface HomeContent {
  readonly mine: readonly RequestState[];
  /** Other people's requests that this person may decide. */
  readonly waitingForMe: readonly RequestState[];
  readonly now: Date;
}

/** The Home tab of one person: the menu, what waits for them, what they asked for. */
export function homeView({ mine, waitingForMe, now }: HomeContent): HomeView {
  const blocks = [
    header("Secrets"),
    section(
      `${sayPlural(waitingForMe.length, "request")} waiting for you, ${sayPlural(mine.length, "request")} of yours.`,
    ),
    ...menuButtons(),
    divider(),
    header("Waiting for you"),
    ...(waitingForMe.length > 0 ? requestRows(waitingForMe, now) : [section("Nothing waits for you.")]),
    divider(),
    header("Your requests"),
    ...(mine.length > 0 ? requestRows(mine, now) : [section("You have not asked for anything yet.")]),
    context("Never paste a secret's value here. I only ever need its path."),
  ];
  return { type: "home", blocks: blocks.slice(0, LIMITS.viewBlocks) };
}
