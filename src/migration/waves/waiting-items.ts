import type { Store } from "../../store/open-store.ts";
import { members } from "./wave-member.ts";
import type { BatchKey } from "./wave-rows.ts";

/** The requests of a batch that wait for its decision, in its order. */
export function listWaiting(store: Store, { wave, number }: BatchKey) {
  return members(store)
    .select(["request.id as requestId", "request.version", "request.entryId", "request.vaultVersion"])
    .select(["request.content", "request.expiresAt"])
    .select(["waveItem.envelopeId", "waveItem.notes", "waveItem.position"])
    .where("waveItem.wave", "=", wave)
    .where("waveItem.batch", "=", number)
    .where("request.status", "=", "waiting")
    .orderBy("waveItem.position")
    .execute();
}
export type WaitingItem = Awaited<ReturnType<typeof listWaiting>>[number];
