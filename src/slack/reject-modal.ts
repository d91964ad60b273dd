import { z } from "zod";
import { REJECT_REASONS } from "../approvals/reject-reasons.ts";
import type { RequestState } from "../migration/request-state.ts";
import { CALLBACK, INPUT } from "./action-ids.ts";
import { lines, type ModalView } from "./blocks.ts";
import { code } from "./escape-mrkdwn.ts";
import { selectInput, textInput } from "./inputs.ts";
import { modal } from "./intake-modal.ts";
import { sayPath, sayUser } from "./say.ts";

const RejectMemory = z.strictObject({ requestId: z.string(), version: z.number().int() });

/** @throws {z.ZodError} Not a modal of ours. */
export const readRejectMemory = (privateMetadata: string): z.output<typeof RejectMemory> =>
  RejectMemory.parse(JSON.parse(privateMetadata));

/** A confirm dialog can't take text, so a reason needs a modal. */
export function rejectModal({ id, version, content, requester }: RequestState): ModalView {
  return {
    ...modal(CALLBACK.reject, `Reject ${id}`, "Reject"),
    private_metadata: JSON.stringify({ requestId: id, version }),
    blocks: [
      lines(`${sayPath(content.source)} to ${code(content.target.name, 600)}`, `Asked by ${sayUser(requester)}.`),
      selectInput(INPUT.rejectCode, "Reason", REJECT_REASONS, {}),
      textInput(INPUT.rejectReason, "In your words", {
        max: 500,
        isLong: true,
        hint: "The requester reads this word for word. Say what would make it a yes.",
      }),
    ],
  };
}
