import { type RawBuilder, sql } from "kysely";
import { type AuditFact, appendingEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { prepared } from "../store/prepared.ts";
import type { GateRefusedError } from "./gate-errors.ts";

export interface OpenAsk {
  readonly id: string;
  readonly kind: "open" | "write";
  readonly migrationId: string;
  readonly fence: number;
}

/** null: the row is not there. */
export interface AskFacts {
  readonly isPaused: boolean;
  /** The database's clock, for ours may have been set back. */
  readonly databaseNow: Date;
  /** The ask's fence, if it is held right now. */
  readonly heldFence: number | null;
  readonly statementId: string | null;
  readonly bytes: string | null;
  readonly signature: string | null;
  readonly keyId: string | null;
  readonly requestId: string | null;
  readonly requestStatus: string | null;
  readonly requestVersion: number | null;
  readonly isFinished: boolean;
  /** How many paths were opened in the last hour; null unless the ask is to open one. */
  readonly openedSince: number | null;
  /** The newest events of the chain, number to hash; null while there is none. */
  readonly newestHashes: Readonly<Record<string, string>> | null;
}

/** What one look of the gate sees. */
export interface GateSight {
  /** Our rows say that a path was opened and not closed, and nobody may hold it open any more. */
  readonly isLeftOpen: boolean;
  /** The oldest ask that waits. */
  readonly ask: OpenAsk | null;
  /** Others wait behind it. */
  readonly hasMore: boolean;
  readonly facts: AskFacts;
}

/** One gate's turn: from its look on, every other gate waits. Vault's policies have no compare-and-set. */
export interface GateSession {
  /** The one connection that holds the lock. */
  readonly store: Store;
  /** @param turnSeconds A gate that is silent for longer loses its turn, so that others can go on. */
  look(anHourAgo: Date, turnSeconds: number): Promise<GateSight>;
  /**
   * Says yes, appends the event and ends the turn, all in one commit, after one more look at what may have changed while
   * Slack and Vault were asked. A gate that has lost its turn meanwhile fails here, on its dead connection.
   * @returns False: the ask was withdrawn, its fence lost, or a pause ordered. The turn goes on.
   */
  sayYes(ask: OpenAsk, at: Date, event: AuditFact | null): Promise<boolean>;
  sayNo(ask: OpenAsk, at: Date, why: GateRefusedError, event: AuditFact): Promise<void>;
}

/** As in look_at_gate. */
export const GATE_LOCK = 7_206_003;

/** Runs `work` on one connection. The lock that a look takes ends with the answer, else with `work`. */
export async function withGateSession<T>(store: Store, work: (session: GateSession) => Promise<T>): Promise<T> {
  return store.connection().execute(async (connection) => {
    let isLocked = false;
    const answered = ({ rows }: { rows: readonly unknown[] }): boolean => {
      if (rows.length > 0) isLocked = false;
      return rows.length > 0;
    };
    try {
      return await work({
        store: connection,
        async look(anHourAgo, turnSeconds) {
          isLocked = true; // also if the answer to this is lost
          return look(connection, anHourAgo, turnSeconds);
        },
        sayYes: async (ask, at, event) => answered(await yes(ask, at, event).execute(connection)),
        async sayNo(ask, at, why, event) {
          answered(await no(ask, at, why, event).execute(connection));
        },
      });
    } finally {
      if (isLocked) await unlock(connection);
    }
  });
}

type SightRow = AskFacts & {
  isLeftOpen: boolean;
  hasMore: boolean;
  askId: string | null;
  askKind: OpenAsk["kind"];
  askMigrationId: string;
  askFence: number;
};

async function look(connection: Store, anHourAgo: Date, turnSeconds: number): Promise<GateSight> {
  const { rows } =
    await sql<SightRow>`${prepared} select *, clock_timestamp() as "databaseNow" from look_at_gate(${anHourAgo}, ${`${turnSeconds}s`})`.execute(
      connection,
    );
  const [row] = rows;
  if (!row) throw new TypeError("there is always one row of control, and so one sight");
  const { isLeftOpen, hasMore, askId, askKind, askMigrationId, askFence, ...facts } = row;
  const ask = askId === null ? null : { id: askId, kind: askKind, migrationId: askMigrationId, fence: askFence };
  return { isLeftOpen, hasMore, ask, facts };
}

function yes({ id, kind, fence }: OpenAsk, at: Date, event: AuditFact | null): RawBuilder<unknown> {
  const answered = sql`
    answered as (
      update gate_ask set answered_at = ${at} from fence, control
      where gate_ask.id = ${id} and gate_ask.answered_at is null and fence.id = 1 and fence.number = ${fence}
        and fence.deadline > clock_timestamp() and control.id = 1 and not control.is_paused
      returning gate_ask.id
    )`;
  if (kind === "write") return sql`${prepared} with ${answered} ${endOfTurn(at, event)} from answered`;
  return sql`${prepared}
    with ${answered},
    -- What was open until now was written over.
    replaced as (
      update gate_ask set closed_at = ${at} from answered
      where gate_ask.kind = 'open' and gate_ask.id <> answered.id
        and gate_ask.answered_at is not null and gate_ask.closed_at is null
      returning gate_ask.id
    )
    ${endOfTurn(at, event)} from answered, (select count(*) from replaced) as done`;
}

function no({ id }: OpenAsk, at: Date, { code, userMessage }: GateRefusedError, event: AuditFact): RawBuilder<unknown> {
  return sql`${prepared}
    with answered as (
      update gate_ask set answered_at = ${at}, refusal_code = ${code}, refusal_text = ${userMessage}, closed_at = ${at}
      where id = ${id} and answered_at is null returning id
    )
    ${endOfTurn(at, event)} from answered`;
}

/**
 * The session's lock becomes one of the transaction: it is free once the answer can be seen, and not before. The event
 * comes last, for the chain stays locked until then.
 */
function endOfTurn(at: Date, event: AuditFact | null): RawBuilder<unknown> {
  const lock = sql.lit(GATE_LOCK);
  return sql`select pg_advisory_xact_lock(${lock}), pg_advisory_unlock(${lock}),
    set_config('idle_session_timeout', null, false), ${event ? appendingEvent(at, event) : sql`null`} as link`;
}

/** A connection goes back to the pool without the lock, or not at all: it would keep every gate out. */
async function unlock(connection: Store): Promise<void> {
  const unlocking = sql`select pg_advisory_unlock_all(), set_config('idle_session_timeout', null, false)`;
  await unlocking
    .execute(connection)
    .catch(() => sql`select pg_terminate_backend(pg_backend_pid())`.execute(connection))
    .catch(() => {}); // it is dead, and the lock went with it
}
