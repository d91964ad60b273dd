import { setTimeout as delay } from "node:timers/promises";
import type { App, ViewSubmitAction } from "@slack/bolt";
import type { Adoption, TargetRef } from "../src/approvals/content.ts";
import { NothingToTakeOverError, NotRequesterError } from "../src/approvals/errors.ts";
import type { RequestState } from "../src/migration/request-state.ts";
import { ACTION, CALLBACK } from "../src/slack/action-ids.ts";
import { openConflict } from "../src/slack/conflict-lines.ts";
import { readTakeOverMemory, takeOverModal, takeOverNotice } from "../src/slack/take-over-modal.ts";
import type { ViewSettings } from "../src/slack/view-settings.ts";
import { onClick } from "./clicks.ts";
import { explanationOf } from "./explain-failures.ts";
import type { Reporting } from "./reporting.ts";

const LOOK_WITHIN_MS = 1_200;

export interface ConflictDeps extends Reporting {
  readonly settings: ViewSettings;
  loadRequestState(requestId: string): Promise<RequestState | null>;
  /** The tags of a target as AWS shows them now; null: it is not there, or AWS did not say. */
  readTargetTags(target: TargetRef): Promise<Readonly<Record<string, string>> | null>;
  takeOverTarget(input: { requestId: string; version: number; by: string; seen: Adoption }): Promise<unknown>;
  stopRequest(input: { requestId: string; by: string }): Promise<unknown>;
  redrawRequest(requestId: string): Promise<unknown>;
}

/** What a requester decides when a move met somebody else's target: take it over, or stop. Renaming is the form's. */
export function registerConflict(app: App, deps: ConflictDeps): void {
  const { desk, settings } = deps;
  onClick(app, deps, ACTION.takeOver, async ({ value, triggerId, userId }) => {
    const state = await deps.loadRequestState(value.id);
    // Said before the modal is read; the use-case asks again when it is sent.
    if (state && state.requester !== userId)
      throw new NotRequesterError(`take over the target of ${state.id}`, state.requester);
    const conflict = state && openConflict(state);
    const tags = conflict ? await tagsOf(deps, { ...state.content.target, name: conflict.targetName }) : null;
    const view = state && state.version === value.version ? takeOverModal(state, tags, settings) : null;
    if (view === null) {
      await deps.redrawRequest(value.id);
      throw new NothingToTakeOverError();
    }
    await desk.openView(triggerId, view);
  });
  onClick(app, deps, ACTION.stop, ({ value, userId }) => deps.stopRequest({ requestId: value.id, by: userId }));
  registerTakeOverSubmit(app, deps);
}

/** Whose it is, as far as tags tell; AWS being slow holds no modal back, whose trigger lives 3 s. */
async function tagsOf({ readTargetTags }: ConflictDeps, target: TargetRef) {
  return Promise.race([readTargetTags(target).catch(() => null), delay(LOOK_WITHIN_MS, null)]);
}

function registerTakeOverSubmit(app: App, deps: ConflictDeps): void {
  app.view<ViewSubmitAction>(
    { callback_id: CALLBACK.takeOver, type: "view_submission" },
    async ({ ack, body, view }) => {
      // A few statements, and what came of it belongs into the modal, so it comes before the ack.
      const words = await takeOverFrom(deps, body.trigger_id ?? `${view.id}:${view.hash}`, body.user.id, view).catch(
        (error: unknown) => explanationOf(error, { log: deps.log }).text,
      );
      await ack({ response_action: "update", view: takeOverNotice(words) });
    },
  );
}

async function takeOverFrom(
  deps: ConflictDeps,
  deedId: string,
  by: string,
  view: { readonly private_metadata: string },
): Promise<string> {
  const { requestId, version, seen } = readTakeOverMemory(view.private_metadata);
  if (await deps.recordInbox(deedId, `view ${CALLBACK.takeOver}`, by)) {
    await deps.takeOverTarget({ requestId, version, by, seen });
  }
  return `${requestId} asks the approvers for it now. Nothing changes in AWS before they decide; its card shows how it goes on.`;
}
