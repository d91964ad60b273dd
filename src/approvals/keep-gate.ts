import { sql } from "kysely";
import { appendEvent, GENESIS_HASH } from "../audit/append-event.ts";
import { sideBySide } from "../side-by-side.ts";
import type { Store } from "../store/open-store.ts";
import type { ApprovalStatement } from "./content.ts";
import { assertAskAllowed, readStatement } from "./gate-checks.ts";
import { GateRefusedError } from "./gate-errors.ts";
import { type AskFacts, GATE_LOCK, type GateSession, type OpenAsk, withGateSession } from "./gate-session.ts";
import type { KeepGateDeps } from "./keep-gate-deps.ts";

const TURN_SECONDS = 30;
const HOUR_MS = 3_600_000;

/**
 * One look at the gate: closes what no live worker holds, and answers the asks that wait. Called at every ring, every
 * 15 s and at start. Safe to call in any number of processes.
 */
export async function keepGate(deps: KeepGateDeps): Promise<void> {
  await withGateSession(deps.store, async (session) => {
    while (await takeTurn(deps, session));
  });
}

/** @returns True if more asks wait. */
async function takeTurn(deps: KeepGateDeps, session: GateSession): Promise<boolean> {
  const anHourAgo = new Date(deps.now().getTime() - HOUR_MS);
  const sight = await session.look(anHourAgo, deps.turnSeconds ?? TURN_SECONDS);
  const { isLeftOpen, ask, hasMore } = sight;
  const facts = withOwnCount(deps, sight.facts, anHourAgo);
  if (isLeftOpen) await closeUnheld(deps, session.store);
  if (ask && (await answer(deps, session, ask, facts))) return hasMore;
  // Vault itself is looked at where nothing was granted: granting writes the policy anew, whatever stood there.
  if (!isLeftOpen) await closeUnheld(deps, session.store);
  return hasMore;
}

/** Whoever holds the database may delete what says how often a path was opened. */
function withOwnCount({ openings }: KeepGateDeps, facts: AskFacts, anHourAgo: Date): AskFacts {
  const { openedSince } = facts;
  if (openings === undefined || openedSince === null) return facts;
  return { ...facts, openedSince: Math.max(openedSince, openings.countSince(anHourAgo)) };
}

/** @returns True if the answer is yes. */
async function answer(deps: KeepGateDeps, session: GateSession, ask: OpenAsk, facts: AskFacts): Promise<boolean> {
  const { policy, now } = deps;
  const subject = `migration:${ask.migrationId}`;
  let written: ApprovalStatement | null = null;
  try {
    const statement = await assertAskAllowed(deps, session.store, ask, facts);
    const { requestId, statementId } = statement;
    if (ask.kind === "open") {
      deps.openings?.note(now());
      written = statement; // from here on the write may have arrived
      await open(deps, statement, facts);
    }
    const content = { requestId, statementId, fence: ask.fence };
    const opened = ask.kind === "open" ? { kind: "gate.opened", actor: "gate", subject, content } : null;
    if (await session.sayYes(ask, now(), opened)) return true;
    throw new GateRefusedError("GATE_STALE_ASK", "withdrawn, paused, or the fence was lost meanwhile");
  } catch (error) {
    if (written) await takeBack(policy, written).catch(() => {}); // the next look closes it too
    if (!(error instanceof GateRefusedError)) throw error;
    const content = { code: error.code, asked: ask.kind };
    await session.sayNo(ask, now(), error, { kind: "gate.refused", actor: "gate", subject, content });
    return false;
  }
}

/** Side by side: the mark names what was committed before this look, so it is true whatever becomes of the answer. */
async function open({ policy }: KeepGateDeps, statement: ApprovalStatement, { newestHashes }: AskFacts): Promise<void> {
  const seq = Math.max(0, ...Object.keys(newestHashes ?? {}).map(Number));
  await sideBySide(policy.open(statement), policy.writeMark({ seq, hash: newestHashes?.[seq] ?? GENESIS_HASH }));
}

/** Closes it, unless what is open by now is the path of a later answer. */
async function takeBack(policy: KeepGateDeps["policy"], written: ApprovalStatement): Promise<void> {
  const isAnothers = await policy.isOpen(written).catch(() => false);
  if (!isAnothers) await policy.close();
}

/**
 * Closes what nobody holds, also while somebody holds another path: Vault has no compare-and-set for policies, so a write
 * that was delayed (by a stopped gate, by the network) may arrive after that path was opened, and in its place.
 */
async function closeUnheld(deps: KeepGateDeps, store: Store): Promise<void> {
  const { policy, now } = deps;
  await locked(deps, store, async (tx) => {
    const hold = await findHold(deps, tx);
    const isOpen = await policy.isOpen(hold);
    if (isOpen) await policy.close();
    if (hold && !isOpen) return;
    await tx
      .updateTable("gateAsk")
      .set({ closedAt: now() })
      .where("kind", "=", "open")
      .where("answeredAt", "is not", null)
      .where("closedAt", "is", null)
      .execute();
    if (!isOpen) return; // the worker closed it before it died
    const because = hold ? "another path than the one held" : "unheld";
    await appendEvent(tx, now(), { kind: "gate.closed", actor: "gate", subject: "gate", content: { because } });
  });
}

/** A transaction with the gates' lock, whether or not this connection has it already. */
async function locked(deps: KeepGateDeps, store: Store, step: (tx: Store) => Promise<void>): Promise<void> {
  await store.transaction().execute(async (tx) => {
    // A gate that was stopped in its turn keeps the others out for so long. When it wakes, its connection is dead.
    const patience = `${deps.turnSeconds ?? TURN_SECONDS}s`;
    await sql`select set_config('idle_in_transaction_session_timeout', ${patience}, true),
      pg_advisory_xact_lock(${sql.lit(GATE_LOCK)})`.execute(tx);
    await step(tx);
  });
}

/** What may be open now; undefined: nothing, also where the rows are not what was signed. */
async function findHold({ keyring }: KeepGateDeps, tx: Store): Promise<ApprovalStatement | undefined> {
  // Granted to a worker whose fence lives, while nothing is paused.
  const row = await tx
    .selectFrom("gateAsk")
    .innerJoin("fence", "fence.number", "gateAsk.fence")
    .innerJoin("control", (join) => join.onTrue())
    .innerJoin("migration", "migration.id", "gateAsk.migrationId")
    .innerJoin("statement", "statement.id", "migration.statementId")
    .select(["statement.bytes", "statement.signature", "statement.keyId"])
    .where("gateAsk.kind", "=", "open")
    .where("gateAsk.answeredAt", "is not", null)
    .where("gateAsk.refusalCode", "is", null)
    .where("gateAsk.closedAt", "is", null)
    .where("fence.deadline", ">", sql<Date>`clock_timestamp()`)
    .where("control.isPaused", "=", false)
    .executeTakeFirst();
  try {
    return row && readStatement(keyring, row);
  } catch (error) {
    if (error instanceof GateRefusedError) return undefined;
    throw error;
  }
}
