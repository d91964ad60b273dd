import type { ApprovalStatement } from "../approvals/content.ts";
import { type Journal, openJournal } from "./journal.ts";
import type { AdminSession, DeathProof, ReaderSession } from "./lease-broker.ts";
import type { MigrationRow, Order } from "./load-order.ts";
import type { MigrateDeps } from "./migrate-deps.ts";

/** One attempt under one fence: what every step may use, and what must be given back at the end. */
export interface MigrationRun {
  readonly deps: MigrateDeps;
  readonly row: MigrationRow;
  readonly order: Order;
  readonly statement: ApprovalStatement;
  readonly fence: number;
  readonly journal: Journal;
  readonly admin: AdminSession;
  /** What is lent right now: emptied once it is proven dead. */
  readonly lent: { isOpen: boolean; reader: ReaderSession | null };
  readonly proofs: { reader: DeathProof | null; admin: DeathProof | null };
}

export function startRun(deps: MigrateDeps, order: Order, fence: number, admin: AdminSession): MigrationRun {
  const { row, statement } = order;
  const journal = openJournal(deps.store, {
    migrationId: row.id,
    requestId: row.requestId,
    fence,
    now: deps.now,
  });
  return {
    deps,
    row,
    order,
    statement,
    fence,
    journal,
    admin,
    lent: { isOpen: false, reader: null },
    proofs: { reader: null, admin: null },
  };
}
