import type { App, ViewSubmitAction } from "@slack/bolt";
import { GloveboxError } from "../src/errors.ts";
import type { SamplePage, SamplePlace } from "../src/migration/waves/look-at-sample.ts";
import type { WaveException } from "../src/migration/waves/wave-exception.ts";
import { parseBatchId } from "../src/migration/waves/wave-name.ts";
import { ACTION, CALLBACK, INPUT } from "../src/slack/action-ids.ts";
import { BadButtonError, type ButtonValue } from "../src/slack/button-value.ts";
import { readInputs } from "../src/slack/inputs.ts";
import { intakeNotice } from "../src/slack/intake-modal.ts";
import { shortMessage } from "../src/slack/refusal-message.ts";
import {
  batchRejectModal,
  EXCEPTIONS_PAGE,
  exceptionsModal,
  readBatchRejectMemory,
  readExceptionsMemory,
  readSampleMemory,
  sampleModal,
} from "../src/slack/sample-modal.ts";
import type { ViewSettings } from "../src/slack/view-settings.ts";
import { type Click, onClick } from "./clicks.ts";
import { explanationOf } from "./explain-failures.ts";
import { fieldErrorsOf } from "./field-errors.ts";
import type { Reporting } from "./reporting.ts";

interface BatchDeed {
  readonly wave: string;
  readonly number: number;
  readonly version: number;
  readonly by: string;
}

export interface WaveHandlerDeps extends Reporting {
  readonly settings: ViewSettings;
  confirmWave(input: { wave: string; by: string }): Promise<unknown>;
  dropWave(input: { wave: string; by: string }): Promise<unknown>;
  /** Asks whether this person is an operator. */
  startWave(input: { wave: string; by: string }): Promise<unknown>;
  pauseWave(input: { wave: string; by: string }): Promise<unknown>;
  endWave(input: { wave: string; by: string }): Promise<unknown>;
  showSample(place: SamplePlace): Promise<SamplePage>;
  recordLook(input: SamplePlace & { by: string }): Promise<unknown>;
  approveBatch(input: BatchDeed): Promise<unknown>;
  rejectBatch(input: BatchDeed & { reasonCode: string; reason: string }): Promise<unknown>;
  listExceptions(
    wave: string,
    page: { offset: number; limit: number },
  ): Promise<{ exceptions: readonly WaveException[]; total: number }>;
  /** Draws the wave's or the batch's card again, for a click that an old card invited. */
  redraw(subject: string): Promise<unknown>;
}

/** Refused because the card showed something older than the record. */
const STALE = new Set(["WAVE_NOT_POSSIBLE", "BATCH_NOT_WAITING", "BATCH_CHANGED"]);

/** Waves: sending or dropping a draft, looking, deciding, starting and holding. Who may is the use-cases' question. */
export function registerWaves(app: App, deps: WaveHandlerDeps): void {
  const onWave = (actionId: string, act: (input: { wave: string; by: string }) => Promise<unknown>, said: string) =>
    onClick(app, deps, actionId, async ({ value, userId, answer }) => {
      await redrawIfStale(deps, `wave:${value.id}`, () => act({ wave: value.id, by: userId }));
      await answer(shortMessage(said));
    });
  onWave(
    ACTION.waveConfirm,
    deps.confirmWave,
    "It is sent. The pilot goes to its approvers in a moment; I'll tell you when they decide.",
  );
  onWave(ACTION.waveDrop, deps.dropWave, "It is dropped. Nothing was asked for.");
  onWave(ACTION.waveStart, deps.startWave, "It runs: what is approved moves, one after the other.");
  onWave(ACTION.wavePause, deps.pauseWave, "It is paused: what is in hand ends, nothing more is begun.");
  onWave(ACTION.waveEnd, deps.endWave, "It is being ended: what is in hand ends, the rest is withdrawn.");
  onClick(app, deps, ACTION.waveExceptions, async ({ value, triggerId }) => {
    await deps.desk.openView(triggerId, await exceptionsPage(deps, { wave: value.id, page: 1 }));
  });
  onClick(app, deps, ACTION.batchLook, async (click) => {
    const sample = await redrawIfStale(deps, `wave-batch:${click.value.id}`, () =>
      deps.showSample({ ...batchOf(click.value), page: 1 }),
    );
    await deps.desk.openView(click.triggerId, sampleModal(sample, deps.settings));
  });
  onClick(app, deps, ACTION.batchApprove, async ({ value, userId }: Click) => {
    await redrawIfStale(deps, `wave-batch:${value.id}`, () => deps.approveBatch({ ...batchOf(value), by: userId }));
  });
  onClick(app, deps, ACTION.batchReject, ({ value, triggerId }) =>
    deps.desk.openView(triggerId, batchRejectModal(batchOf(value))),
  );
  registerSample(app, deps);
  registerExceptions(app, deps);
  registerReject(app, deps);
}

/** @throws {BadButtonError} */
function batchOf({ id, version }: ButtonValue): Omit<BatchDeed, "by"> {
  const batch = parseBatchId(id);
  if (batch === null) throw new BadButtonError();
  return { ...batch, version };
}

/** Submitting a page says: I have looked at it. The modal goes on with the next one until the last. */
function registerSample(app: App, deps: WaveHandlerDeps): void {
  app.view<ViewSubmitAction>(
    { callback_id: CALLBACK.batchSample, type: "view_submission" },
    async ({ ack, body, view }) => {
      // Two or three short statements, and the answer is the next page, so they come before the ack.
      try {
        const place = readSampleMemory(view.private_metadata);
        const { pageCount } = await deps.showSample(place);
        await deps.recordLook({ ...place, by: body.user.id });
        if (place.page >= pageCount) return await ack();
        const next = await deps.showSample({ ...place, page: place.page + 1 });
        return await ack({ response_action: "update", view: sampleModal(next, deps.settings) });
      } catch (error) {
        await ack({ response_action: "update", view: intakeNotice(explanationOf(error, deps).text) });
      }
    },
  );
}

function registerExceptions(app: App, deps: WaveHandlerDeps): void {
  app.view<ViewSubmitAction>(
    { callback_id: CALLBACK.waveExceptions, type: "view_submission" },
    async ({ ack, view }) => {
      try {
        const { wave, page } = readExceptionsMemory(view.private_metadata);
        await ack({ response_action: "update", view: await exceptionsPage(deps, { wave, page: page + 1 }) });
      } catch (error) {
        await ack({ response_action: "update", view: intakeNotice(explanationOf(error, deps).text) });
      }
    },
  );
}

async function exceptionsPage({ listExceptions }: WaveHandlerDeps, { wave, page }: { wave: string; page: number }) {
  const limit = EXCEPTIONS_PAGE;
  return exceptionsModal({ wave, page }, await listExceptions(wave, { offset: (page - 1) * limit, limit }));
}

function registerReject(app: App, deps: WaveHandlerDeps): void {
  app.view<ViewSubmitAction>(
    { callback_id: CALLBACK.batchReject, type: "view_submission" },
    async ({ ack, body, view }) => {
      try {
        const batch = readBatchRejectMemory(view.private_metadata);
        const inputs = readInputs(view);
        const reasonCode = inputs.get(INPUT.rejectCode) ?? "other";
        const reason = (inputs.get(INPUT.rejectReason) ?? "").slice(0, 500);
        const subject = `wave-batch:${batch.wave}_${batch.number}`;
        await redrawIfStale(deps, subject, () => deps.rejectBatch({ ...batch, by: body.user.id, reasonCode, reason }));
        await ack();
      } catch (error) {
        const words = Object.values(fieldErrorsOf(error, deps.log, deps.settings)).join(" ");
        await ack({ response_action: "errors", errors: { [INPUT.rejectReason]: words } });
      }
    },
  );
}

async function redrawIfStale<T>({ redraw }: WaveHandlerDeps, subject: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof GloveboxError && STALE.has(error.code)) await redraw(subject);
    throw error;
  }
}
