import type { Store } from "./open-store.ts";

/** Notes a Slack deed down by its id. @returns False if it was noted before. Text of people is never stored. */
export async function rememberOnce(
  store: Store,
  { id, kind, actor, at }: { id: string; kind: string; actor: string; at: Date },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await store
    .insertInto("inbox")
    .values({ id, kind, actor, receivedAt: at })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}
