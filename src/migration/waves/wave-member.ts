import type { Store } from "../../store/open-store.ts";
import type { BatchKey } from "./wave-rows.ts";

/**
 * The batch that a request is part of, or null. An edited request, one whose secret moved on in Vault, and one that the
 * batch let go are requests like any other: they have cards of their own.
 */
export async function memberOf(store: Store, requestId: string): Promise<BatchKey | null> {
  const row = await members(store).where("request.id", "=", requestId).executeTakeFirst();
  return row ?? null;
}

/** The wave that makes this envelope, or null: its refusals are told with the wave's exceptions. */
export async function waveOfEnvelope(store: Store, envelopeId: string): Promise<string | null> {
  const row = await store
    .selectFrom("waveItem")
    .select("wave")
    .where(({ eb, cast, ref }) => eb(cast(ref("envelopeId"), "text"), "=", envelopeId))
    .executeTakeFirst();
  return row?.wave ?? null;
}

/** Requests with the batch that speaks of them: the same envelope, in the same version. */
export function members(store: Store) {
  return store
    .selectFrom("request")
    .innerJoin("waveItem", "waveItem.envelopeId", "request.envelopeId")
    .whereRef("waveItem.requestVersion", "=", "request.version")
    .where("waveItem.leftCode", "is", null)
    .select(["waveItem.wave", "waveItem.batch as number"]);
}
