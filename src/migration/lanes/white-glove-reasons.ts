import { isKeyValue } from "../../catalog/catalog-source.ts";
import { playbookOf } from "../../catalog/playbooks.ts";
import type { LaneReason } from "./lane.ts";
import type { LaneFacts } from "./lane-facts.ts";
import type { LaneRules } from "./lane-rules.ts";

/** Where the move itself is easy, and people need a hand: many would feel a mistake, or a few would feel it much. */
export function whiteGloveReasons(facts: LaneFacts, { whiteGlove }: LaneRules): LaneReason[] {
  return [...useReasons(facts, whiteGlove), ...nameReasons(facts, whiteGlove), ...rotationReasons(facts)];
}

function useReasons({ use }: LaneFacts, limits: LaneRules["whiteGlove"]): LaneReason[] {
  if (use === null) return [];
  const { readsPerDay, clientCount, teams } = use;
  return [
    ...(readsPerDay >= limits.readsPerDay
      ? [care("HOT_PATH", `it is read ${Math.round(readsPerDay).toLocaleString("en-US")} times a day`, PLAN_MOMENT)]
      : []),
    ...(teams.length >= limits.teams ? [care("SEVERAL_TEAMS", `several teams read it: ${sayTeams(teams)}`, TELL)] : []),
    ...(clientCount >= limits.clients
      ? [care("MANY_CLIENTS", `${clientCount.toLocaleString("en-US")} different clients read it`, TELL)]
      : []),
  ];
}

function nameReasons(
  { purpose, environment, classification }: LaneFacts,
  { types, environments, classifications }: LaneRules["whiteGlove"],
): LaneReason[] {
  const isDelicate =
    purpose !== null && types.includes(purpose) && environment !== null && environments.includes(environment);
  return [
    ...(isDelicate ? [care("DELICATE_TYPE", `it seems to be a ${purpose} in ${environment}`, PLAN_MOMENT)] : []),
    ...(classification !== null && classifications.includes(classification)
      ? [care("CARE_BY_CLASSIFICATION", `its classification is ${classification}`, PLAN_MOMENT)]
      : []),
  ];
}

function rotationReasons({ engine, path }: LaneFacts): LaneReason[] {
  if (isKeyValue({ engine }) || path === "") return []; // a mount as a whole has roles of every kind
  const { kind, nextStep } = playbookOf(engine, path);
  if (kind !== "static-rotated") return [];
  return [care("ROTATED_BY_VAULT", "Vault rotates it, so whoever uses it must change at one moment", nextStep)];
}

export const PLAN_MOMENT = "Ask support first: they plan the moment with you, and watch the readers while it moves.";
const TELL = "Ask support first: each of those who read it must change where it reads, and support tells them.";

function sayTeams(teams: readonly string[]): string {
  const named = teams.slice(0, 4);
  const more = teams.length - named.length;
  const all = more > 0 ? [...named, `${more} more`] : named;
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}

const care = (code: string, text: string, nextStep: string): LaneReason => ({
  ...{ code, lane: "white-glove", text, nextStep },
  stops: false,
});
