import { describeEntry } from "../catalog/describe-entry.ts";
import { findEntries } from "../catalog/find-entries.ts";
import type { PlannedSources } from "../catalog/search/find-by-target.ts";
import { formatPath } from "../catalog/secret-path.ts";
import { showName } from "../catalog/show-name.ts";
import { PathHiddenError, SEES_ALL } from "../catalog/visibility.ts";
import { answerOf } from "../metadata/answer/secret-answer.ts";
import type { Team } from "../metadata/team.ts";
import { type LaneLimits, sayLane } from "../migration/lane-of.ts";
import { laneOfEntry } from "../migration/lanes/lane-of-entry.ts";
import { listRequestStates, loadRequestState } from "../migration/load-request-state.ts";
import type { RequestState } from "../migration/request-state.ts";
import type { Store } from "../store/open-store.ts";
import { listPoisonedMessages } from "../store/poisoned-messages.ts";
import { answerLines, LANE_UNKNOWN } from "./answer-lines.ts";
import { crawlStatusLines } from "./crawl-lines.ts";
import { hitLine } from "./hit-line.ts";

export interface TerminalAnswer {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/** What a secret is, as Slack's card says it: `glovebox what`. */
export async function describeForTerminal(
  store: Store,
  text: string,
  limits: LaneLimits | null,
  plannedSources: PlannedSources = () => [],
  teams: readonly Team[] = [],
): Promise<TerminalAnswer> {
  const found = await findEntries(store, text, SEES_ALL, plannedSources);
  if (found.kind === "hidden") throw new PathHiddenError(found.rule);
  if (found.kind === "one") {
    const answer = await answerOf({ store, teams, now: () => new Date() }, found.entry.entryId, SEES_ALL);
    const because = found.because === undefined ? [] : [`Found by ${found.because}.`];
    const lane = limits && laneOfEntry(answer.entry, limits);
    return { ok: true, lines: [...because, ...answerLines(answer, lane)] };
  }
  const near = found.near.map(hitLine);
  const more = found.hasMore ? [`  and more: glovebox search ${text}`] : [];
  const head = found.kind === "several" ? `Several secrets fit ${text}:` : `The catalogue has no ${text}.`;
  const nearest = near.length > 0 && found.kind === "none" ? `${head} The nearest are:` : head;
  return { ok: false, lines: [nearest, ...near, ...more] };
}

/** The state of a request (`RQ-1001`), of a secret, or of everything under way: `glovebox status`. */
export async function statusForTerminal(
  store: Store,
  text: string | null,
  limits: LaneLimits | null,
  plannedSources: PlannedSources = () => [],
): Promise<TerminalAnswer> {
  if (text === null) return { ok: true, lines: await overview(store) };
  const state = /^RQ-\d+$/i.test(text) ? await loadRequestState(store, text.toUpperCase()) : null;
  if (state) return { ok: true, lines: requestLines(state) };
  const found = await findEntries(store, text, SEES_ALL, plannedSources);
  if (found.kind !== "one") return describeForTerminal(store, text, limits, plannedSources);
  const states = await listRequestStates(store, { entryId: found.entry.entryId });
  if (states.length > 0) return { ok: true, lines: states.flatMap(requestLines) };
  const entry = await describeEntry(store, found.entry.entryId, SEES_ALL);
  const lane = limits && laneOfEntry(entry, limits);
  const said = lane && sayLane(lane);
  const next = said ?? "Next: `/secrets migrate` in Slack.";
  const doubt = limits === null ? [LANE_UNKNOWN] : [];
  return { ok: true, lines: [`Nobody has asked to migrate it. ${next}`, ...doubt] };
}

async function overview(store: Store): Promise<string[]> {
  const [entries, poisoned, control] = await Promise.all([
    store
      .selectFrom("entry")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("goneAt", "is", null)
      .where("engine", "in", ["kv-v1", "kv-v2"])
      .executeTakeFirstOrThrow(),
    listPoisonedMessages(store),
    store.selectFrom("control").selectAll().executeTakeFirstOrThrow(),
  ]);
  const byStatus = await store
    .selectFrom("request")
    .select(["status", ({ fn }) => fn.countAll<number>().as("count")])
    .groupBy("status")
    .orderBy("status")
    .execute();
  return [
    control.isPaused ? `Paused by ${control.changedBy}: ${control.reason}` : "Running.",
    `${entries.count} secrets in the catalogue, ${poisoned.length === 1 ? "1 message" : `${poisoned.length} messages`} came that could not be read.`,
    ...(await crawlStatusLines(store)),
    ...poisoned.map(({ messageId, reason }) => `  poisoned   ${messageId}: ${reason}`),
    ...byStatus.map(({ status, count: requests }) => `  ${status.padEnd(10)} ${requests}`),
  ];
}

function requestLines({ id, status, content, migration, nextStep }: RequestState): string[] {
  const { source, target } = content;
  return [
    `${id}  ${status}  ${showName(formatPath(source)).shown} to ${target.name} (${target.accountId}, ${target.region})`,
    ...(migration?.causeText ? [`  ${migration.causeText}`] : []),
    `  Next: ${nextStep}`,
  ];
}

/** The newest receipt of a request, as it was signed: `glovebox receipt`. */
export async function receiptForTerminal(store: Store, requestId: string): Promise<TerminalAnswer> {
  const row = await store
    .selectFrom("migration")
    .select("receipt")
    .where("requestId", "=", requestId)
    .where("receipt", "is not", null)
    .orderBy("attempt", "desc")
    .executeTakeFirst();
  if (!row?.receipt)
    return { ok: false, lines: [`There is no receipt of ${requestId}: it is not migrated, or not known.`] };
  return { ok: true, lines: [row.receipt.trimEnd()] };
}
