import type { LaneLimits } from "../migration/lane-of.ts";
import { BadRulesError, loadRules, type Rules } from "../rules.ts";

/** What this installation can lend: its namespace, and where `gate: off` its prefixes. */
export function laneLimits({ gate }: Pick<Rules, "gate">): LaneLimits {
  return { namespace: process.env.VAULT_NAMESPACE ?? "", prefixes: gate.prefixes };
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
