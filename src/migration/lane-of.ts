import { matchesPathGlob, type PathGlob, parsePathGlob } from "../catalog/path-glob.ts";
import { formatPath } from "../catalog/secret-path.ts";
import type { Team } from "../metadata/team.ts";
import { formReasons, type Lendable, stopReasons } from "./lanes/complex-reasons.ts";
import { LANE_WORDS, type Lane, type LaneReason } from "./lanes/lane.ts";
import type { LaneFacts } from "./lanes/lane-facts.ts";
import { type LaneRules, type PathLaneRule, USUAL_LANE_RULES } from "./lanes/lane-rules.ts";
import { PLAN_MOMENT, whiteGloveReasons } from "./lanes/white-glove-reasons.ts";

/** What this installation can lend at all, and what its organisation wants looked at. */
export interface LaneLimits extends Lendable {
  /** The usual ones where absent. */
  readonly rules?: LaneRules;
  /** Whose reads are whose; none where absent. */
  readonly teams?: readonly Team[];
}

export type LaneVerdict =
  | { readonly lane: "standard"; readonly reasons: readonly [] }
  | {
      readonly lane: Exclude<Lane, "standard">;
      /** Never empty; the one that decides what is next comes first. */
      readonly reasons: readonly LaneReason[];
      /** Of the first reason. */
      readonly code: string;
      readonly reason: string;
      /** The one thing to do next. */
      readonly nextStep: string;
    };

export const STANDARD: LaneVerdict = { lane: "standard", reasons: [] };

/**
 * The lane of one secret, whatever people have asked: the form, the plan, `what`, `status` and the report all say what
 * this says. White-glove goes before complex: who needs a hand needs it whatever the value's form. What stops the move
 * comes first among the reasons, then the lane's own.
 */
export function laneOf(facts: LaneFacts, limits: LaneLimits): LaneVerdict {
  const rules = limits.rules ?? USUAL_LANE_RULES;
  const stops = stopReasons(facts, limits);
  const forced = rules.paths.find(({ paths }) => matchesOne(paths, formatPath(facts)));
  const judged = forced ? reasonsOf(forced) : [...whiteGloveReasons(facts, rules), ...formReasons(facts, rules)];
  return verdictBy([...stops, ...judged]);
}

/** @param reasons What stops the move first. */
export function verdictBy(reasons: readonly LaneReason[]): LaneVerdict {
  const [first] = reasons;
  if (first === undefined) return STANDARD;
  const lane = reasons.some((reason) => reason.lane === "white-glove") ? "white-glove" : "complex";
  return { lane, reasons, code: first.code, reason: first.text, nextStep: first.nextStep };
}

function reasonsOf({ lane, reason: text, nextStep }: PathLaneRule): LaneReason[] {
  if (lane === "standard") return [];
  const usual = lane === "complex" ? "Ask support how it is to move." : PLAN_MOMENT;
  return [{ code: "LANE_BY_RULE", lane, text, nextStep: nextStep ?? usual, stops: false }];
}

const parsed = new WeakMap<readonly string[], readonly PathGlob[]>();

function matchesOne(paths: readonly string[], fullPath: string): boolean {
  const globs = parsed.get(paths) ?? paths.map(parsePathGlob);
  parsed.set(paths, globs);
  return globs.some((glob) => matchesPathGlob(glob, fullPath));
}

/** Whether a request for it can be made here: nothing stops it, however much care it wants. */
export const canBeAskedFor = ({ reasons }: LaneVerdict): boolean => !reasons.some(({ stops }) => stops);

/** Lane, reasons and next step in one line, or null for the standard lane: nothing is in the way. */
export function sayLane(verdict: LaneVerdict): string | null {
  if (verdict.lane === "standard") return null;
  const reasons = verdict.reasons.map(({ text }) => text).join("; ");
  return `${LANE_WORDS[verdict.lane]} lane: ${reasons}. ${verdict.nextStep}`;
}
