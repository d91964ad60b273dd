import { describeEntry, type EntryDescription } from "../catalog/describe-entry.ts";
import { findEntries } from "../catalog/find-entries.ts";
import type { PlannedSources } from "../catalog/search/find-by-target.ts";
import type { SearchHit } from "../catalog/search/search-query.ts";
import { formatPath } from "../catalog/secret-path.ts";
import { showName } from "../catalog/show-name.ts";
import { PathHiddenError, SEES_ALL } from "../catalog/visibility.ts";
import { type LaneLimits, laneOf, sayLane } from "../migration/lane-of.ts";
import { listRequestStates, loadRequestState } from "../migration/load-request-state.ts";
import type { RequestState } from "../migration/request-state.ts";
import type { Store } from "../store/open-store.ts";
import { listPoisonedMessages } from "../store/poisoned-messages.ts";
import { crawlStatusLines } from "./crawl-lines.ts";

export interface TerminalAnswer {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/** What the catalogue knows of a secret: `glovebox what`. */
export async function describeForTerminal(
  store: Store,
  text: string,
  limits: LaneLimits | null,
  plannedSources: PlannedSources = () => [],
): Promise<TerminalAnswer> {
  const found = await findEntries(store, text, SEES_ALL, plannedSources);
  if (found.kind === "hidden") throw new PathHiddenError(found.rule);
  if (found.kind === "one")
    return { ok: true, lines: entryLines(await describeEntry(store, found.entry.entryId, SEES_ALL), limits) };
  const near = found.near.map(nearLine);
  const head = found.kind === "several" ? `Several secrets are spelt like ${text}:` : `The catalogue has no ${text}.`;
  return {
    ok: false,
    lines: near.length > 0 && found.kind === "none" ? [`${head} The nearest are:`, ...near] : [head, ...near],
  };
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
  const { source } = await describeEntry(store, found.entry.entryId, SEES_ALL);
  const said = limits === null ? null : sayLane(laneOf(source, limits));
  const next = said ?? "Next: `/secrets migrate` in Slack.";
  const doubt = limits === null ? [LANE_UNKNOWN] : [];
  return { ok: true, lines: [`Nobody has asked to migrate it. ${next}`, ...doubt] };
}

function nearLine({ shown, note, apart, because }: SearchHit): string {
  return `  ${[shown, note && `(${note})`, apart && `(${apart})`, `[${because}]`].filter((part) => part).join("  ")}`;
}

const LANE_UNKNOWN = "Its lane is not known: glovebox.yaml can't be read here (GLOVEBOX_RULES).";

function laneLine(entry: EntryDescription, limits: LaneLimits | null): string {
  if (limits === null) return LANE_UNKNOWN;
  return sayLane(laneOf(entry.source, limits)) ?? "standard";
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

function entryLines(entry: EntryDescription, limits: LaneLimits | null): string[] {
  const { source, currentVersion, keyNames, customMetadata, vaultCreatedAt, vaultUpdatedAt } = entry;
  const { shown, note } = showName(formatPath(source));
  const day = (date: Date | null): string => date?.toISOString().slice(0, 10) ?? "not known";
  return [
    `${shown}${note === null ? "" : `  (${note})`}`,
    `  engine    ${source.engine}, version ${currentVersion ?? "not known"}${entry.isDeleted ? ", deleted" : ""}${entry.goneAt ? ", gone from Vault" : ""}`,
    `  created   ${day(vaultCreatedAt)}, changed ${day(vaultUpdatedAt)}`,
    `  keys      ${keyNames === null ? "not known without reading" : keyNames.join(", ") || "none"}`,
    ...Object.entries(customMetadata).map(([name, value]) => `  metadata  ${name}=${value}`),
    ...entry.twins.map(({ name }) => `  looks like ${name.shown}${name.note === null ? "" : ` (${name.note})`}`),
    `  lane      ${laneLine(entry, limits)}`,
    `  request   ${entry.requestId === null ? "none" : `${entry.requestId}, ${entry.requestStatus}`}`,
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
