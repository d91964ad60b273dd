import type { App, ViewSubmitAction } from "@slack/bolt";
import { ACTION, CALLBACK, INPUT } from "../src/slack/action-ids.ts";
import { readInputs } from "../src/slack/inputs.ts";
import { type OwnerQuestion, readSettleMemory, settleModal } from "../src/slack/settle-modal.ts";
import type { ViewSettings } from "../src/slack/view-settings.ts";
import { onClick } from "./clicks.ts";
import { fieldErrorsOf } from "./field-errors.ts";
import type { Reporting } from "./reporting.ts";

export interface SettleOwnerDeps extends Reporting {
  readonly settings: ViewSettings;
  /** @throws {NotStaffError} {EntryUnknownError} */
  askWhose(entryId: number, userId: string): Promise<OwnerQuestion>;
  /** Asks whether this person is of support. */
  settleOwner(input: { entryId: number; userId: string; team: string }): Promise<unknown>;
}

/** Support says whose a secret is. */
export function registerSettleOwner(app: App, deps: SettleOwnerDeps): void {
  onClick(app, deps, ACTION.settleOwner, async ({ value, triggerId, userId }) =>
    deps.desk.openView(triggerId, settleModal(await deps.askWhose(Number(value.id), userId))),
  );
  app.view<ViewSubmitAction>(
    { callback_id: CALLBACK.settleOwner, type: "view_submission" },
    async ({ ack, body, view }) => {
      // One short transaction, and its refusal belongs into the modal, so it comes before the ack.
      try {
        const { entryId } = readSettleMemory(view.private_metadata);
        const team = readInputs(view).get(INPUT.ownerTeam) ?? "";
        await deps.settleOwner({ entryId, userId: body.user.id, team });
        await ack();
      } catch (error) {
        const words = Object.values(fieldErrorsOf(error, deps.log, deps.settings)).join(" ");
        await ack({ response_action: "errors", errors: { [INPUT.ownerTeam]: words } });
      }
    },
  );
}
