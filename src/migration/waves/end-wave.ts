import { LooksLikeSecretError } from "../../approvals/errors.ts";
import { looksLikeSecret } from "../../approvals/looks-like-secret.ts";
import { appendEvent } from "../../audit/append-event.ts";
import type { Store } from "../../store/open-store.ts";
import { enqueueRedraw } from "../../store/outbox.ts";
import { holdBack } from "./control-wave.ts";
import { WaveNotPossibleError } from "./wave-errors.ts";
import { lockWave } from "./wave-rows.ts";

/**
 * An operator ends a wave before it is done: batches that nobody was asked for are dropped, what waits or is approved and
 * not begun is withdrawn, what a worker has in hand ends as it would. {@link carryOutEnd} does it, request by request.
 * Repeated, it changes nothing.
 * @throws {WaveUnknownError} {LooksLikeSecretError} {WaveNotPossibleError} It is a draft, or over.
 */
export async function endWave(
  { store, now }: { readonly store: Store; readonly now: () => Date },
  { wave: name, by, reason }: { wave: string; by: string; reason: string },
): Promise<void> {
  if (looksLikeSecret(reason)) throw new LooksLikeSecretError("reason"); // it is shown in Slack
  await store.transaction().execute(async (tx) => {
    const wave = await lockWave(tx, name);
    if (wave.state === "ending" || wave.state === "ended") return;
    if (!["open", "running", "paused"].includes(wave.state))
      throw new WaveNotPossibleError(name, "be ended", wave.state);
    const at = now();
    await tx
      .updateTable("wave")
      .set({ state: "ending", endedBy: by, endReason: reason, changedAt: at })
      .where("name", "=", name)
      .execute();
    await holdBack(tx, name);
    await enqueueRedraw(tx, `wave:${name}`);
    await appendEvent(tx, at, { kind: "wave.end-ordered", actor: by, subject: `wave:${name}`, content: { reason } });
  });
}
