import type { HomePlace, HomeSection, Reason } from "../home/home-place.ts";
import type { HomeState } from "../home/load-home.ts";
import type { Page } from "../home/page-of.ts";
import { ACTION, homeByAction } from "./action-ids.ts";
import { LIMITS } from "./block-kit-limits.ts";
import { actions, type Block, button, context, divider, type HomeView, header, section } from "./blocks.ts";
import { code } from "./escape-mrkdwn.ts";
import { homeRequestRow, secretRow, waitingRow } from "./home-rows.ts";
import { menuButtons } from "./menu-message.ts";
import { sayPlural, sayTime } from "./say.ts";

/** The Home tab of one person: what waits for them, their secrets, their requests. Pure. */
export function homeView(state: HomeState): HomeView {
  const { waiting, secrets, secretCounts, requests, place, person, at } = state;
  const blocks = [
    header("Secrets"),
    section(sayCounts(state)),
    ...(person.areGroupsUnknown ? [section(GROUPS_UNKNOWN)] : []),
    ...menuButtons(),
    divider(),
    header("Waiting for you"),
    ...rowsOf(waiting, (item) => waitingRow(item, { at, isStaff: person.isStaff }), "Nothing waits for you."),
    ...pager("waiting", waiting),
    divider(),
    header("My secrets"),
    ...(secretCounts.all === 0 ? [] : filters(secretCounts, place.by)),
    ...rowsOf(secrets, (secret) => secretRow(secret, at), noSecrets(state)),
    ...pager("secrets", secrets),
    divider(),
    header("Your requests"),
    ...rowsOf(requests, (request) => homeRequestRow(request, at), "You have not asked for anything yet."),
    ...pager("requests", requests),
    context(
      `As of ${sayTime(at)}; what changes here is drawn anew.`,
      "Never paste a secret's value. I only need its path.",
    ),
  ];
  return { type: "home", private_metadata: JSON.stringify(place), blocks: blocks.slice(0, LIMITS.viewBlocks) };
}

const GROUPS_UNKNOWN =
  "⚠️ Slack did not tell me which groups you are in, so what your teams own and what you may decide is missing here. Open this tab again in a minute.";

function sayCounts({ waiting, secretCounts, requests }: HomeState): string {
  const waits =
    waiting.total === 0
      ? "Nothing waits for you"
      : `${sayPlural(waiting.total, "thing")} ${waiting.total === 1 ? "waits" : "wait"} for you`;
  const asked =
    requests.total === 0 ? "you have asked for nothing yet" : `you have ${sayPlural(requests.total, "request")}`;
  return `${waits}, ${sayPlural(secretCounts.all, "secret")} ${secretCounts.all === 1 ? "is" : "are"} yours, and ${asked}.`;
}

function noSecrets({ person, secretCounts }: HomeState): string {
  if (secretCounts.all > 0) return "None of yours by this reason.";
  if (person.areGroupsUnknown) return "None that I can tell.";
  return person.teams.length === 0
    ? "You are in none of the teams that I know, and you asked for nothing. Find a secret, or ask support to add your team."
    : `Nothing is known to belong to ${person.teams.map(({ name }) => code(name, 80)).join(", ")} yet. Find a secret, and say that it is yours.`;
}

function rowsOf<Row>({ rows }: Page<Row>, row: (one: Row) => Block, none: string): Block[] {
  return rows.length === 0 ? [section(none)] : rows.map(row);
}

const REASON_LABELS: Readonly<Record<HomePlace["by"], string>> = {
  all: "All",
  owner: "By owner team",
  use: "By use",
  request: "By request",
};

function filters(counts: HomeState["secretCounts"], by: HomePlace["by"]): Block[] {
  const reasons: readonly (Reason | "all")[] = ["all", "owner", "use", "request"];
  return actions(
    ...reasons.map((reason) => {
      const label = `${reason === by ? "• " : ""}${REASON_LABELS[reason]}: ${counts[reason]}`;
      return button(label, homeByAction(reason), { id: reason, version: 1 });
    }),
  );
}

/** Nothing where one page is all. */
function pager(id: HomeSection, { page, pageCount, total, rows }: Page<unknown>): Block[] {
  if (pageCount === 1) return [];
  const first = (page - 1) * 10 + 1;
  return [
    context(`${first} to ${first + rows.length - 1} of ${total}`),
    ...actions(
      ...(page > 1 ? [button("Previous", ACTION.homePrevious, { id, version: page - 1 })] : []),
      ...(page < pageCount ? [button("Show more", ACTION.homeNext, { id, version: page + 1 })] : []),
    ),
  ];
}
