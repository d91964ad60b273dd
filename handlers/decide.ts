import type { App, ViewSubmitAction } from "@slack/bolt";
import { GloveboxError } from "../src/errors.ts";
import type { RequestState } from "../src/migration/request-state.ts";
import { ACTION, CALLBACK, INPUT } from "../src/slack/action-ids.ts";
import { readInputs } from "../src/slack/inputs.ts";
import { shortMessage } from "../src/slack/refusal-message.ts";
import { readRejectMemory, rejectModal } from "../src/slack/reject-modal.ts";
import { requestDetails } from "../src/slack/request-details.ts";
import type { ViewSettings } from "../src/slack/view-settings.ts";
import { type Click, onClick } from "./clicks.ts";
import { fieldErrorsOf } from "./field-errors.ts";
import { maySee, type SightDeps } from "./may-see.ts";
import type { Reporting } from "./reporting.ts";

export interface DecideDeps extends Reporting, SightDeps {
  readonly settings: ViewSettings;
  loadRequestState(requestId: string): Promise<RequestState | null>;
  approveRequest(input: { requestId: string; version: number; by: string }): Promise<unknown>;
  rejectRequest(input: {
    requestId: string;
    version: number;
    by: string;
    reasonCode: string;
    reason: string;
  }): Promise<unknown>;
  withdrawRequest(input: { requestId: string; by: string }): Promise<unknown>;
  retryMigration(input: { requestId: string; by: string }): Promise<unknown>;
  orderUndo(input: { requestId: string; by: string }): Promise<unknown>;
  /** Draws every copy of the card again, for a click that an old card invited. */
  redrawRequest(requestId: string): Promise<unknown>;
}

/** Refused because the card showed something older than the record. */
const STALE = new Set(["REQUEST_CHANGED", "ALREADY_DECIDED", "REQUEST_EXPIRED", "NOTHING_TO_RETRY", "NOTHING_TO_UNDO"]);

/** Yes and no, taking back, trying again, undoing, and looking closer. Who may do it is the use-cases' question. */
export function registerDecide(app: App, deps: DecideDeps): void {
  const { approveRequest, withdrawRequest, retryMigration, orderUndo, desk, settings } = deps;
  /** The card itself shows the outcome, so a click that worked has no answer of its own. */
  const decide = (
    actionId: string,
    act: (input: { requestId: string; version: number; by: string }) => Promise<unknown>,
  ) =>
    onClick(app, deps, actionId, ({ value, userId }: Click) =>
      redrawIfStale(deps, value.id, () => act({ requestId: value.id, version: value.version, by: userId })),
    );
  decide(ACTION.approve, approveRequest);
  decide(ACTION.withdraw, ({ requestId, by }) => withdrawRequest({ requestId, by }));
  decide(ACTION.retry, ({ requestId, by }) => retryMigration({ requestId, by }));
  onClick(app, deps, ACTION.undo, async ({ value, userId, answer }) => {
    await redrawIfStale(deps, value.id, () => orderUndo({ requestId: value.id, by: userId }));
    await answer(shortMessage(`The undo of ${value.id} is ordered. Its card shows when it is done.`));
  });

  onClick(app, deps, ACTION.details, async ({ value, answer, userId }) => {
    const found = await deps.loadRequestState(value.id);
    // A button can be forged: a request of a hidden path is answered like one that is not there.
    const state = found && (await maySee(deps, found, userId)) ? found : null;
    await answer(state ? requestDetails(state, settings) : shortMessage("I don't know that request any more."));
  });

  onClick(app, deps, ACTION.reject, async ({ value, triggerId, answer }) => {
    const state = await deps.loadRequestState(value.id);
    if (state) await desk.openView(triggerId, rejectModal({ ...state, version: value.version }));
    else await answer(shortMessage("I don't know that request any more, so nothing changed."));
  });
  registerRejectSubmit(app, deps);
}

function registerRejectSubmit(app: App, deps: DecideDeps): void {
  app.view<ViewSubmitAction>({ callback_id: CALLBACK.reject, type: "view_submission" }, async ({ ack, body, view }) => {
    // One short transaction, and its refusal belongs into the modal, so it comes before the ack.
    const errors = await rejectFrom(deps, body.trigger_id ?? `${view.id}:${view.hash}`, body.user.id, view).catch(
      (error: unknown) => ({
        [INPUT.rejectReason]: Object.values(fieldErrorsOf(error, deps.log, deps.settings)).join(" "),
      }),
    );
    await (errors ? ack({ response_action: "errors", errors }) : ack());
  });
}

async function rejectFrom(
  deps: DecideDeps,
  deedId: string,
  by: string,
  view: { readonly private_metadata: string; readonly state: { readonly values: unknown } },
): Promise<null> {
  const { requestId, version } = readRejectMemory(view.private_metadata);
  const inputs = readInputs(view);
  const reasonCode = inputs.get(INPUT.rejectCode) ?? "other";
  const reason = (inputs.get(INPUT.rejectReason) ?? "").slice(0, 500);
  if (!(await deps.recordInbox(deedId, `view ${CALLBACK.reject}`, by))) return null;
  await redrawIfStale(deps, requestId, () => deps.rejectRequest({ requestId, version, by, reasonCode, reason }));
  return null;
}

async function redrawIfStale(
  { redrawRequest }: DecideDeps,
  requestId: string,
  act: () => Promise<unknown>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof GloveboxError && STALE.has(error.code)) await redrawRequest(requestId);
    throw error;
  }
}
