import { sql } from "kysely";
import { appendEvent } from "../audit/append-event.ts";
import type { Keyring } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import type { AskGate } from "./ask-gate.ts";
import type { ApprovalStatement } from "./content.ts";
import { assertNotFinished, assertStatementAllowed } from "./gate-checks.ts";
import { GateRefusedError } from "./gate-errors.ts";
import { prefixOf } from "./mint-metadata.ts";
import { readOwnFacts } from "./own-gate-facts.ts";

export interface OwnGateDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly operatorKeys?: Keyring;
  /** From the worker's own rules. Vault holds it to the same ones, literally. */
  readonly prefixes: readonly string[];
  readonly maxPerHour: number;
  /** The one namespace that is served; absent: the root. */
  readonly namespace?: string;
  readonly now: () => Date;
  readonly newId: () => string;
}

/**
 * `gate: off`: nobody is asked. The worker checks what the gate would check, except two things that only the bot can
 * know: whether the approvers still are approvers, and whether the database is older than what Vault remembers.
 * Each passing stands in `gate_ask`, which the pace is counted by, and each opening in the audit chain.
 */
export function ownGate(deps: OwnGateDeps): AskGate {
  const { store, prefixes, now, newId } = deps;
  return async (question, askWith) => {
    const { kind, migrationId, fence } = question;
    const facts = await readOwnFacts(store, question, new Date(now().getTime() - 3_600_000));
    const statement = assertStatementAllowed(deps, kind, facts);
    if (prefixOf(prefixes, statement.source) === null) throw new GateRefusedError("PATH_OUTSIDE_PREFIXES");
    if (kind === "open") await assertNotFinished(deps, store, statement);
    const id = newId();
    const passing = sql`insert into gate_ask (id, kind, migration_id, fence, answered_at)
      values (${id}, ${kind}, ${migrationId}, ${fence}, ${now()}) returning id`;
    await (askWith ? askWith(passing) : passing.execute(store));
    if (kind === "open") await recordPassing(store, now(), migrationId, statement, fence);
    return id;
  };
}

async function recordPassing(
  store: Store,
  at: Date,
  migrationId: string,
  { requestId, statementId }: ApprovalStatement,
  fence: number,
): Promise<void> {
  await appendEvent(store, at, {
    kind: "gate.off",
    actor: "worker",
    subject: `migration:${migrationId}`,
    content: { requestId, statementId, fence },
  });
}
