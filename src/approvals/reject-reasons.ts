/** Why a request is rejected. The value is stored in the audit trail, the text is what the requester reads. */
export const REJECT_REASONS = [
  { value: "wrong-target", text: "The target is wrong" },
  { value: "wrong-metadata", text: "What it says of the secret is wrong" },
  { value: "not-needed", text: "The secret is not needed any more" },
  { value: "wrong-time", text: "Not now" },
  { value: "needs-information", text: "More information is needed" },
  { value: "other", text: "Another reason" },
] as const;

/** The reason in words, with what the approver added. An unknown code reads as "Another reason". */
export function rejectionText(reasonCode: string, added: string): string {
  const text = REJECT_REASONS.find(({ value }) => value === reasonCode)?.text ?? "Another reason";
  return added.trim() === "" ? text : `${text}: ${added.trim()}`;
}
