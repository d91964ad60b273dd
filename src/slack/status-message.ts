import type { EntryDescription } from "../catalog/describe-entry.ts";
import { canBeAskedFor, type LaneVerdict, sayLane } from "../migration/lane-of.ts";
import type { RequestState } from "../migration/request-state.ts";
import { ACTION } from "./action-ids.ts";
import { actions, type Block, button, context, type Message, message, section } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { menuButtons } from "./menu-message.ts";
import { sayAge, sayPath, sayPlural } from "./say.ts";
import { progressWords, stateWords } from "./state-words.ts";
import { unusualWords } from "./written-words.ts";

const ROWS = 10;

/** One request in a list: state, what, where to, next step, and a button for the rest. */
export function requestRow(
  state: RequestState,
  now: Date,
  press: { readonly label: string; readonly actionId: string } = { label: "Details", actionId: ACTION.details },
): Block {
  const { content, migration, status } = state;
  const step = status === "migrating" && migration ? ` ${progressWords(migration.state, status)}` : "";
  const words = [
    `*${stateWords(state)}* · ${state.id} · ${sayAge(state.createdAt, now)}${step}`,
    `${sayPath(content.source, 250)} to ${code(content.target.name, 250)}`,
    unusualWords(state),
    escapeMrkdwn(state.nextStep),
  ]
    .filter(Boolean)
    .join("\n");
  return section(words, button(press.label, press.actionId, { id: state.id, version: state.version }));
}

/** Rows up to ten, and how many more there are. */
export function requestRows(states: readonly RequestState[], now: Date): Block[] {
  const rest = states.length - ROWS;
  const rows = states.slice(0, ROWS).map((state) => requestRow(state, now));
  return rest > 0
    ? [...rows, context(`and ${rest} more: give a path or a number, as in \`/secrets status RQ-1001\``)]
    : rows;
}

/** `/secrets status` without a path: the asker's own requests, newest first. */
export function myRequestsMessage(states: readonly RequestState[], now: Date): Message {
  if (states.length === 0) {
    return message("You have no requests", [
      section("You have no requests. Ask for a migration with `/secrets migrate <path>`."),
      ...menuButtons(),
    ]);
  }
  return message(`You have ${sayPlural(states.length, "request")}`, [
    section("*Your requests*"),
    ...requestRows(states, now),
  ]);
}

/** `/secrets status <path>` for a secret that nobody asked to move. */
export function noRequestMessage(
  { source, ...entry }: Pick<EntryDescription, "entryId" | "currentVersion" | "source">,
  lane: LaneVerdict,
): Message {
  const value = { id: String(entry.entryId), version: entry.currentVersion ?? 0 };
  const said = sayLane(lane);
  return message(`Nobody asked to move ${sayPath(source, 300)}`, [
    section(`Nobody asked to move ${sayPath(source)} yet.`),
    ...(said === null ? [] : [section(escapeMrkdwn(said))]),
    ...actions(
      ...(canBeAskedFor(lane) ? [button("Ask for a migration", ACTION.askMigrate, value, { style: "primary" })] : []),
      ...(said === null ? [] : [button("Ask support", ACTION.askSupport, value)]),
      button("What is it?", ACTION.askWhat, value),
    ),
  ]);
}
