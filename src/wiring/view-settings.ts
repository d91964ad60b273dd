import type { Rules } from "../rules.ts";
import type { ViewSettings } from "../slack/view-settings.ts";

/** What views need of glovebox.yaml. */
export function viewSettings({ metadata, targets, approvals, customMetadata, gate }: Rules): ViewSettings {
  return {
    fields: Object.entries(metadata).map(([field, rule]) => ({ field, ...rule })),
    targets,
    approvers: approvals.approvers,
    customMetadata,
    gate: gate.mode,
  };
}
