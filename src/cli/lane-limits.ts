import type { LaneLimits } from "../migration/lane-of.ts";
import { BadRulesError, loadRules, type Rules } from "../rules.ts";

/** What this installation can lend, and what its organisation wants looked at. */
export function laneLimits({ gate, lanes, teams }: Pick<Rules, "gate" | "lanes" | "teams">): LaneLimits {
  return { namespace: process.env.VAULT_NAMESPACE ?? "", prefixes: gate.prefixes, rules: lanes, teams };
}

/** The same, or null: the rules are not at hand, which must keep nobody from a look at the catalogue. */
export function laneLimitsAtHand(): LaneLimits | null {
  try {
    return laneLimits(loadRules(process.env.GLOVEBOX_RULES ?? "glovebox.yaml"));
  } catch (error) {
    if (error instanceof BadRulesError) return null;
    throw error;
  }
}
