import type { Rules } from "../rules.ts";
import type { ViewSettings } from "../slack/view-settings.ts";

/** What views need of glovebox.yaml. @param namespace The one that is served; "" for the root. */
export function viewSettings(
  { metadata, targets, approvals, customMetadata, gate, lanes, teams }: Rules,
  namespace: string,
): ViewSettings {
  return {
    fields: Object.entries(metadata).map(([field, rule]) => ({ field, ...rule })),
    targets,
    approvers: approvals.approvers,
    customMetadata,
    gate: gate.mode,
    limits: { namespace, prefixes: gate.prefixes, rules: lanes, teams },
  };
}
