import type { TargetRef } from "../../approvals/content.ts";
import { isKeyValue } from "../../catalog/catalog-source.ts";
import { formatPath } from "../../catalog/secret-path.ts";
import { showName } from "../../catalog/show-name.ts";
import type { Engine } from "../../store/tables/catalog.ts";
import type { AllowedTarget } from "../allowed-target.ts";
import { type LaneLimits, laneOf, STANDARD } from "../lane-of.ts";
import type { LaneReason } from "../lanes/lane.ts";
import { type LaneKnowledge, NOTHING_KNOWN } from "../lanes/lane-facts.ts";
import { claimedFault } from "../name-faults.ts";
import { entryFaults, labelFaults, placeFaults, sayReason, shapeFaults } from "../preflight.ts";
import type { PreflightFault } from "../preflight-fault.ts";
import type { NameInAws, PlanReason, PlanRow, Verdict } from "./plan-row.ts";
import type { PlannedTarget } from "./planned-target.ts";
import { historyReasons, type RequestHistory } from "./request-history.ts";
import { type SomeNames, sayNames } from "./some-names.ts";

/** All that the verdict on one entry rests on. */
export interface EntryFacts {
  readonly entryId: number;
  readonly source: {
    readonly namespace: string;
    readonly mount: string;
    readonly engine: Engine;
    readonly path: string;
  };
  readonly currentVersion: number | null;
  readonly keyNames: readonly string[] | null;
  readonly goneAt: Date | null;
  readonly isDeleted: boolean;
  /** What people, names and the audit log say of it. */
  readonly known: LaneKnowledge;
  readonly history: RequestHistory;
  readonly planned: PlannedTarget;
  /** Other entries that look the same on a screen. */
  readonly lookAlikes: SomeNames;
  /** Other entries, not asked for yet, whose name in AWS would be the same. */
  readonly namesakes: SomeNames;
  /** Another entry's request that has the name, or null. */
  readonly claimedBy: string | null;
  /** What people have confirmed, as the AWS tags that it becomes. */
  readonly tags: Readonly<Record<string, string>>;
  /** What AWS says of the name; null where it was not asked. */
  readonly inAws: readonly PreflightFault[] | null;
}

/** There is no value to speak of, so no other rule has anything to judge. */
const NOTHING_TO_MOVE = ["SECRET_GONE", "ENGINE_NOT_KV"];

const STRENGTH: Record<PlanReason["effect"], number> = { skip: 0, blocked: 1, decide: 2, note: 3 };

/** The verdict on one entry: what the pre-flight of a request would say, and what only a look at the whole estate shows. */
export function judgeEntry(facts: EntryFacts, allowedTargets: readonly AllowedTarget[], limits: LaneLimits): PlanRow {
  const { entryId, source, currentVersion, history, planned, keyNames, known } = facts;
  const lane = facts.goneAt === null ? laneOf({ ...source, keyNames, ...known }, limits) : STANDARD;
  const atPath = [...entryFaults(facts).map(reasonOf), ...lane.reasons.map(laneReason)];
  const before = historyReasons(history, currentVersion);
  const isNothingToMove = atPath.some(({ code }) => NOTHING_TO_MOVE.includes(code));
  const all = [...before, ...atPath, ...(isNothingToMove ? [] : wishReasons(facts, allowedTargets))];
  const sorted = all.toSorted((a, b) => STRENGTH[a.effect] - STRENGTH[b.effect]);
  const verdict = verdictOf(sorted);
  const reasons = verdict === "skip" ? sorted.filter(({ effect }) => effect === "skip") : sorted;
  const { namespace, mount, path, engine } = source;
  return {
    kind: isKeyValue(source) ? "secret" : "role",
    entryId,
    namespace,
    mount,
    path,
    engine,
    vaultVersion: currentVersion,
    verdict,
    lane: lane.lane,
    reasons,
    nextStep: verdict === "ready" ? readyStep(facts) : (reasons[0]?.text ?? ""),
    target: isNothingToMove ? null : planned.target,
    nameInAws: nameInAws(facts.inAws),
    requestId: history.requests[0]?.id ?? null,
  };
}

/** A mount whose engine is not KV holds nothing that a copy could move. */
export function judgeMount(
  { namespace, path, engine }: { namespace: string; path: string; engine: Engine },
  limits: LaneLimits,
): PlanRow {
  const { lane, reasons: why } = laneOf(
    { namespace, engine, mount: path, path: "", keyNames: null, ...NOTHING_KNOWN },
    limits,
  );
  const reasons = why.map(laneReason);
  return {
    kind: "mount",
    entryId: null,
    namespace,
    mount: path,
    path: "",
    engine,
    vaultVersion: null,
    verdict: verdictOf(reasons),
    lane,
    reasons,
    nextStep: reasons[0]?.text ?? "",
    target: null,
    nameInAws: "not-looked-up",
    requestId: null,
  };
}

/** The target that AWS may be asked about, or null: nothing would be moved, or AWS would only refuse the name. */
export function nameToLookUp(
  { target, verdict }: Pick<PlanRow, "target" | "verdict">,
  allowedTargets: readonly AllowedTarget[],
): TargetRef | null {
  const isOpen = verdict === "ready" || verdict === "decide";
  return target !== null && isOpen && placeFaults(allowedTargets, { target }).length === 0 ? target : null;
}

/** What stops at the path blocks; what another answer in the form can lift is for a person to decide. */
function reasonOf({ code, field, blocks, text }: PreflightFault): PlanReason {
  return { code, effect: blocks ? (field === "path" ? "blocked" : "decide") : "note", text };
}

/** What stops the move blocks; what wants a person's hand or word is for that person to decide. */
const laneReason = (reason: LaneReason): PlanReason => ({
  code: reason.code,
  effect: reason.stops ? "blocked" : "decide",
  text: sayReason(reason),
});

function wishReasons(facts: EntryFacts, allowedTargets: readonly AllowedTarget[]): PlanReason[] {
  const { planned, lookAlikes, namesakes, claimedBy, inAws } = facts;
  const place = planned.target === null ? [planned.fault] : placeFaults(allowedTargets, { target: planned.target });
  const faults = [
    ...place,
    ...(claimedBy === null ? [] : [claimedFault(claimedBy)]),
    ...(inAws ?? []),
    ...labelFaults(facts.tags),
    ...shapeFaults(facts, { kind: "document" }),
  ];
  const decide = (code: string, text: string): PlanReason => ({ code, effect: "decide", text });
  return [
    ...(lookAlikes.count === 0 ? [] : [decide("LOOKS_ALIKE", lookAlikeText(facts))]),
    ...(namesakes.count === 0 ? [] : [decide("NAME_COLLISION", namesakeText(namesakes))]),
    ...faults.map(reasonOf),
    ...(isDescribed(facts) ? [] : [METADATA_UNKNOWN]),
  ];
}

const METADATA_UNKNOWN: PlanReason = {
  code: "METADATA_UNKNOWN",
  effect: "note",
  text: "The crawl has not read its metadata, so whether its version is deleted is not known. Crawl again, or look for the missing right.",
};

/** Every described KV v2 secret has a version; KV v1 has none to tell. */
function isDescribed({ source, currentVersion }: EntryFacts): boolean {
  return source.engine !== "kv-v2" || currentVersion !== null;
}

function lookAlikeText({ source, lookAlikes }: EntryFacts): string {
  const { note } = showName(formatPath(source));
  const own = note === null ? "" : ` (here ${note})`;
  return `On a screen it looks like ${sayNames(lookAlikes)}${own}. Say which of them is meant, or that all are needed.`;
}

function namesakeText(namesakes: SomeNames): string {
  return `${sayNames(namesakes)} would get the same name in AWS (capitals count as the same). Choose another name for one of them.`;
}

function verdictOf(reasons: readonly PlanReason[]): Verdict {
  const effect = (["skip", "blocked", "decide"] as const).find((one) =>
    reasons.some((reason) => reason.effect === one),
  );
  return effect ?? "ready";
}

function readyStep({ source }: EntryFacts): string {
  return `Ask for it in Slack: \`/secrets migrate ${formatPath(source)}\`.`;
}

function nameInAws(inAws: readonly PreflightFault[] | null): NameInAws {
  if (inAws === null) return "not-looked-up";
  if (inAws.length === 0) return "free";
  return inAws.some(({ code }) => code === "TARGET_NOT_CHECKED") ? "no-answer" : "in-use";
}
