import type { Store } from "../store/open-store.ts";

/** The newest case of a person that is not resolved; null if there is none. */
export async function openCaseOf(store: Store, userId: string): Promise<string | null> {
  const row = await store
    .selectFrom("supportCase")
    .select("id")
    .where("openedBy", "=", userId)
    .where("status", "!=", "resolved")
    .orderBy("openedAt", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}
