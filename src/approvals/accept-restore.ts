import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { isBehind } from "./gate-checks.ts";
import type { GatePolicy } from "./gate-policy.ts";

export interface AcceptRestoreDeps {
  readonly store: Store;
  /** With an operator's token: what Vault remembers can't be turned back from the database. */
  readonly policy: Pick<GatePolicy, "readMark" | "writeMark">;
  readonly now: () => Date;
}

/**
 * An operator has looked at a database that was restored from a backup, and lets the gate open again: Vault's mark is
 * set to the newest event that the database has. The reason goes into the audit chain.
 * @returns The numbers of the newest event, before and now; null if the database is not behind.
 */
export async function acceptRestore(
  { store, policy, now }: AcceptRestoreDeps,
  { by, reason }: { by: string; reason: string },
): Promise<{ remembered: number; newest: number } | null> {
  return store.transaction().execute(async (tx) => {
    const mark = await policy.readMark();
    if (mark === null || !(await isBehind(tx, mark))) return null;
    const remembered = mark.seq;
    const { seq: newest, previousHash } = await appendEvent(tx, now(), {
      kind: "gate.restore-accepted",
      actor: by,
      subject: "gate",
      content: { reason, remembered },
    });
    await policy.writeMark({ seq: newest - 1, hash: previousHash }); // one behind, as the gate does: this transaction may yet be lost
    return { remembered, newest };
  });
}
