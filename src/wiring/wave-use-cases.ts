import { randomBytes } from "node:crypto";
import type { Reporting } from "../../handlers/reporting.ts";
import type { WaveHandlerDeps } from "../../handlers/waves.ts";
import type { Members } from "../membership.ts";
import { approveBatch } from "../migration/waves/approve-batch.ts";
import { confirmWave, dropWave } from "../migration/waves/confirm-wave.ts";
import { assertOperator, pauseWave, startWave } from "../migration/waves/control-wave.ts";
import { endWave } from "../migration/waves/end-wave.ts";
import { listExceptions } from "../migration/waves/list-exceptions.ts";
import { recordLook, showSample } from "../migration/waves/look-at-sample.ts";
import { rejectBatch } from "../migration/waves/reject-batch.ts";
import type { WaveDeps } from "../migration/waves/wave-deps.ts";
import type { ViewSettings } from "../slack/view-settings.ts";
import { enqueueRedraw } from "../store/outbox.ts";

/** Nobody who made a wave can know what a batch's sample will be. */
export const newSeed = (): string => randomBytes(16).toString("hex");

/** Binds what people do with waves in Slack. */
export function waveUseCases(
  deps: WaveDeps,
  { operators, settings, ...reporting }: Reporting & { operators: Members; settings: ViewSettings },
): WaveHandlerDeps {
  const { store, membership } = deps;
  const asOperator = { store, membership, operators };
  return {
    ...reporting,
    settings,
    confirmWave: (input) => confirmWave(deps, input),
    dropWave: (input) => dropWave(deps, input),
    async startWave(input) {
      await assertOperator(asOperator, { ...input, verb: "start" });
      await startWave(deps, input);
    },
    async pauseWave(input) {
      await assertOperator(asOperator, { ...input, verb: "pause" });
      await pauseWave(deps, { ...input, reason: "by the button in Slack" });
    },
    async endWave(input) {
      await assertOperator(asOperator, { ...input, verb: "end" });
      await endWave(deps, { ...input, reason: "by the button in Slack" });
    },
    showSample: (place) => showSample(store, place),
    recordLook: (look) => recordLook(deps, look),
    approveBatch: (click) => approveBatch(deps, click),
    rejectBatch: (click) => rejectBatch(deps, click),
    listExceptions: (wave, page) => listExceptions(store, wave, page),
    redraw: (subject) => enqueueRedraw(store, subject),
  };
}
