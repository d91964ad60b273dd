import type { Doorbell } from "../store/doorbell.ts";
import type { Store } from "../store/open-store.ts";
import { GATE_REFUSALS, type GateRefusal, GateRefusedError, GateUnansweredError } from "./gate-errors.ts";

export interface GateQuestion {
  /** `open`: hold the path open until it is closed. `write`: does the approval still count, just before the write? */
  readonly kind: "open" | "write";
  readonly migrationId: string;
  readonly fence: number;
}

/**
 * The worker's side of the gate.
 * @param askWith Puts the question into a transaction of the caller's, whose other rows are true once the gate may
 * answer; it is asked with its commit. Absent: it is asked by itself.
 * @returns The ask's id once the gate has said yes.
 */
export type AskGate = (
  question: GateQuestion,
  askWith?: (ask: (tx: Store) => Promise<void>) => Promise<void>,
) => Promise<string>;

export interface AskGateDeps {
  readonly store: Store;
  readonly doorbell: Doorbell;
  readonly newId: () => string;
  readonly timeoutMs: number;
}

/**
 * Asks by a row, which rings, and waits for the answer.
 * @throws {GateRefusedError} The gate said no, and why. @throws {GateUnansweredError} Nobody answered; the ask is withdrawn.
 */
export function askGate({ store, doorbell, newId, timeoutMs }: AskGateDeps): AskGate {
  return async ({ kind, migrationId, fence }, askWith) => {
    const id = newId();
    let ring = doorbell.wait("gate_answer", 250); // before the question: an answer may be quick
    const ask = async (tx: Store): Promise<void> => {
      await tx.insertInto("gateAsk").values({ id, kind, migrationId, fence }).execute();
    };
    await (askWith ? askWith(ask) : ask(store));
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      await ring;
      ring = doorbell.wait("gate_answer", 250);
      if (await isAnswered(store, id)) return id;
    }
    const { numDeletedRows } = await store
      .deleteFrom("gateAsk")
      .where("id", "=", id)
      .where("answeredAt", "is", null)
      .executeTakeFirst();
    if (numDeletedRows === 0n && (await isAnswered(store, id))) return id; // the answer came at the last moment
    throw new GateUnansweredError();
  };
}

/** @throws {GateRefusedError} */
async function isAnswered(store: Store, id: string): Promise<boolean> {
  const ask = await store
    .selectFrom("gateAsk")
    .select(["answeredAt", "refusalCode"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (!ask || ask.answeredAt === null) return false;
  if (ask.refusalCode === null) return true;
  throw new GateRefusedError(isRefusal(ask.refusalCode) ? ask.refusalCode : "GATE_STALE_ASK");
}

function isRefusal(code: string): code is GateRefusal {
  return code in GATE_REFUSALS;
}
