import type { Signed } from "../audit/signing.ts";
import { redrawHomesOf } from "../home/homes-of-subject.ts";
import { loadRequestState } from "../migration/load-request-state.ts";
import { loadWaveState } from "../migration/waves/load-wave-state.ts";
import type { SqsIntake } from "../queue/sqs-intake.ts";
import { drawCopies } from "../slack/draw-copies.ts";
import type { Desk } from "../slack/slack-desk.ts";
import type { ClaimedDelivery } from "../store/claim-delivery.ts";
import { loadCaseState } from "../support/load-case-state.ts";
import type { Base } from "./open-base.ts";
import { viewSettings } from "./view-settings.ts";

/** Carries one delivery of the outbox: envelopes to the intake queue, everything else to Slack. */
export function sendDelivery(
  { common, store, rules, now }: Base,
  desk: Desk,
  intake: Pick<SqsIntake, "send">,
): (delivery: ClaimedDelivery) => Promise<void> {
  const { approvals, support, operators } = rules;
  const drawing = {
    store,
    desk,
    settings: viewSettings(rules, common.VAULT_NAMESPACE ?? ""),
    operators,
    channels: { approvals: approvals.channel, support: support.channel },
    now,
    loadRequestState: (requestId: string) => loadRequestState(store, requestId),
    loadWaveState: (name: string) => loadWaveState(store, name, { at: now(), maxPerHour: rules.gate.maxPerHour }),
    loadCaseView: (caseId: string) => loadCaseState(store, caseId),
  };
  return async (delivery) => {
    if (delivery.kind === "redraw") await redrawHomesOf(store, rules.teams, delivery.subject);
    if (delivery.kind !== "envelope") return drawCopies(drawing, delivery);
    const { bytes, signature, keyId } = delivery.detail;
    const signed: Signed = { bytes: String(bytes), signature: String(signature), keyId: String(keyId) };
    await intake.send(signed);
  };
}
