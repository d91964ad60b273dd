import type { Store } from "../../store/open-store.ts";
import { members } from "./wave-member.ts";

/** A batch that waits for its approvers. */
export interface WaitingBatch {
  readonly wave: string;
  readonly number: number;
  readonly requester: string;
  readonly itemCount: number;
}

/** The oldest first. */
export async function listWaitingBatches(store: Store): Promise<WaitingBatch[]> {
  return members(store)
    .innerJoin("waveBatch", (join) =>
      join.onRef("waveBatch.wave", "=", "waveItem.wave").onRef("waveBatch.number", "=", "waveItem.batch"),
    )
    .innerJoin("wave", "wave.name", "waveItem.wave")
    .select(["wave.requester", ({ fn }) => fn.countAll<number>().as("itemCount")])
    .where("waveBatch.state", "=", "waiting")
    .where("request.status", "=", "waiting")
    .groupBy(["waveItem.wave", "waveItem.batch", "wave.requester", "waveBatch.askedAt"])
    .orderBy("waveBatch.askedAt")
    .execute();
}
