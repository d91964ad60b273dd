import { formatPath } from "../../catalog/secret-path.ts";
import type { Store } from "../../store/open-store.ts";
import { ITEM_STATE, itemsOf } from "./item-states.ts";
import type { WaveException } from "./wave-exception.ts";

/** What the selection named and could not take in, then what left a batch, with the next step of each. */
export async function listExceptions(
  store: Store,
  wave: string,
  { offset = 0, limit }: { offset?: number; limit?: number } = {},
): Promise<{ exceptions: WaveException[]; total: number }> {
  const drafted = await store
    .selectFrom("waveException")
    .select(["place", "name", "code", "reason", "nextStep"])
    .where("wave", "=", wave)
    .orderBy("id")
    .execute();
  const left = await itemsOf(store, wave)
    .select(["waveItem.batch", "waveItem.content", "waveItem.requestId", "waveItem.leftCode", "waveItem.leftText"])
    .where(ITEM_STATE, "=", "left")
    .orderBy("waveItem.position")
    .execute();
  const all = [...drafted, ...left.map(leftException)];
  return { exceptions: all.slice(offset, limit === undefined ? undefined : offset + limit), total: all.length };
}

function leftException(item: {
  batch: number;
  content: string;
  requestId: string | null;
  leftCode: string | null;
  leftText: string | null;
}): WaveException {
  const { batch, content, requestId, leftCode, leftText } = item;
  return {
    place: `batch ${batch}`,
    name: formatPath(JSON.parse(content).source),
    code: leftCode ?? "REQUEST_CHANGED",
    reason: leftText ?? "Its request was edited, or its secret changed in Vault, after the batch was asked for.",
    nextStep:
      requestId === null
        ? "No request came of it. Ask for it by its own form once that is put right."
        : `${requestId} goes its own way: it has a card of its own.`,
  };
}
