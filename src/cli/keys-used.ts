import { type KeyUse, readKeyUses } from "../approvals/key-uses.ts";
import type { Store } from "../store/open-store.ts";

/** What rests on each key, so that an operator knows which may be dropped. Ids only: a key's id tells nothing of it. */
export async function keysForTerminal(store: Store): Promise<{ ok: boolean; lines: string[] }> {
  const uses = await readKeyUses(store);
  if (uses.length === 0) return { ok: true, lines: ["Nothing is signed yet, so nothing rests on any key."] };
  return { ok: true, lines: uses.map(lineOf) };
}

function lineOf({ kind, keyId, open, finished }: KeyUse): string {
  const what = `${kind.padEnd(8)} ${keyId}`;
  if (kind === "receipt") return `${what}  ${finished} finished: keep its public key for whoever verifies receipts`;
  if (kind === "digest")
    return `${what}  ${open === 0 ? "no move under way: it may be replaced" : `${open} under way`}`;
  return `${what}  ${open === 0 ? "nothing open rests on it: it may be dropped" : `${open} open (waiting, approved, or an undo ordered)`}`;
}
