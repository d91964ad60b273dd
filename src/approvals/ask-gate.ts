import { type RawBuilder, sql } from "kysely";
import type { Doorbell } from "../store/doorbell.ts";
import type { Store } from "../store/open-store.ts";
import { prepared } from "../store/prepared.ts";
import { GATE_REFUSALS, type GateRefusal, GateRefusedError, GateUnansweredError } from "./gate-errors.ts";

export interface GateQuestion {
  /** `open`: hold the path open until it is closed. `write`: does the approval still count, just before the write? */
  readonly kind: "open" | "write";
  readonly migrationId: string;
  readonly fence: number;
}

/**
 * The worker's side of the gate.
 * @param askWith Puts the question, a statement, into a commit of the caller's, whose other rows are true once the gate
 * may answer. Absent: it is asked by itself.
 * @returns The ask's id once the gate has said yes.
 */
export type AskGate = (
  question: GateQuestion,
  askWith?: (question: RawBuilder<unknown>) => Promise<void>,
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
    const asking = sql`insert into gate_ask (id, kind, migration_id, fence)
      values (${id}, ${kind}, ${migrationId}, ${fence}) returning id`;
    await (askWith ? askWith(asking) : sql`${prepared} ${asking}`.execute(store));
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      const heard = await ring;
      ring = doorbell.wait("gate_answer", 250);
      // The answer comes with its ring; rows are read where a ring may have been lost.
      if (heard === null ? await isAnswered(store, id) : isAnswerTo(id, heard)) return id;
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

/** @param heard `<ask> yes`, or `<ask> <refusal>`. @throws {GateRefusedError} */
function isAnswerTo(id: string, heard: string): boolean {
  const [askId, answer = ""] = heard.split(" ");
  if (askId !== id) return false; // the answer to another question
  assertYes(answer === "yes" ? null : answer);
  return true;
}

/** @throws {GateRefusedError} */
async function isAnswered(store: Store, id: string): Promise<boolean> {
  const ask = await store
    .selectFrom("gateAsk")
    .select(["answeredAt", "refusalCode"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (!ask || ask.answeredAt === null) return false;
  assertYes(ask.refusalCode);
  return true;
}

function assertYes(refusalCode: string | null): void {
  if (refusalCode === null) return;
  throw new GateRefusedError(isRefusal(refusalCode) ? refusalCode : "GATE_STALE_ASK");
}

function isRefusal(code: string): code is GateRefusal {
  return code in GATE_REFUSALS;
}
