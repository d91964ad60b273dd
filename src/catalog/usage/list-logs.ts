import type { Store } from "../../store/open-store.ts";

export interface ReadLog {
  readonly kind: "file" | "socket";
  readonly name: string;
  readonly lineCount: number;
  readonly countedCount: number;
  readonly malformedCount: number;
  readonly overlongCount: number;
  readonly droppedCount: number;
  readonly firstAt: Date | null;
  readonly lastAt: Date | null;
  /** When something of it was read last. */
  readonly changedAt: Date;
}

/** Every log of which something was read, by the times in it, the newest first. */
export async function listLogs(store: Store): Promise<ReadLog[]> {
  return store
    .selectFrom("usageSource")
    .select(["kind", "name", "lineCount", "countedCount", "malformedCount", "overlongCount", "droppedCount"])
    .select(["firstAt", "lastAt", "changedAt"])
    .orderBy("lastAt", (order) => order.desc().nullsLast())
    .orderBy("id", "desc")
    .execute();
}
