import { randomUUID } from "node:crypto";
import { newTally } from "../../../src/catalog/usage/tally.ts";
import type { Use } from "../../../src/catalog/usage/use.ts";
import { writeTally } from "../../../src/catalog/usage/write-tally.ts";
import type { Store } from "../../../src/store/open-store.ts";

export const PAYMENTS_API = { entityId: "e-payments", role: "payments-api", displayName: "apps", address: "10.0.0.1" };
export const JANE = { entityId: "", role: "", displayName: "userpass-jane", address: "10.9.9.9" };

/** A read of `secret/<path>` by payments-api, unless told. */
export function use(path: string, at: string, rest: Partial<Use> = {}): Use {
  return { namespace: "", mount: "secret", path, kind: "read", client: PAYMENTS_API, atMs: Date.parse(at), ...rest };
}

/** Counts the uses as one log that was read from the first of the two moments to the second. */
export async function record(store: Store, uses: readonly Use[], [from, to]: readonly [string, string]): Promise<void> {
  const tally = newTally();
  for (const each of uses) tally.add(each);
  await store
    .insertInto("usageSource")
    .values({
      kind: "file",
      fingerprint: randomUUID(),
      name: "audit.log",
      firstAt: new Date(from),
      lastAt: new Date(to),
      changedAt: new Date(),
    })
    .execute();
  await store.transaction().execute((tx) => writeTally(tx, tally));
}
