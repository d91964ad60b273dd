/** Why a request is rejected. The code is what Slack sends back, the text is what the requester reads. */
export const REJECT_REASONS = {
  "wrong-target": "The target is not the right one",
  "wrong-tags": "The description or the tags are wrong",
  "not-needed": "This secret should not be migrated",
  "wrong-time": "Not at this time",
  unclear: "It is not clear enough to decide",
  other: "Another reason",
} as const;
export type RejectReasonCode = keyof typeof REJECT_REASONS;

export function isRejectReason(code: string): code is RejectReasonCode {
  return Object.hasOwn(REJECT_REASONS, code);
}
