import type { RequestContent } from "../approvals/content.ts";
import type { MetadataField } from "./view-settings.ts";

const HIGH: Record<string, readonly string[]> = { environment: ["prod", "production"], classification: ["restricted"] };

/**
 * What an approver should weigh, from what the requester said of the secret. "Not stated" is a risk, not a gap: a tag
 * that nobody filled in must not read as harmless.
 */
export function riskWords(content: Pick<RequestContent, "tags">, fields: readonly MetadataField[]): string {
  const reasons: string[] = [];
  const unknown: string[] = [];
  for (const [field, high] of Object.entries(HIGH)) {
    const known = fields.find((candidate) => candidate.field === field);
    if (!known) continue;
    const value = content.tags[known.tag]?.trim().toLowerCase();
    if (!value || value === "unknown") unknown.push(`${known.label.toLowerCase()} not stated`);
    else if (high.includes(value)) reasons.push(value);
  }
  if (reasons.length > 0) return `High: ${[...reasons, ...unknown].join(", ")}`;
  return unknown.length > 0 ? `Unknown: ${unknown.join(", ")}` : "Normal: not production, not restricted";
}
