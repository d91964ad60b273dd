import type { ApprovalStatement } from "../approvals/content.ts";
import type { Signed } from "../audit/signing.ts";
import type { Journal } from "./journal.ts";
import type { AdminSession, DeathProof, ReaderSession } from "./lease-broker.ts";
import type { MigrationRow } from "./load-order.ts";
import type { MigrateDeps } from "./migrate-deps.ts";
import type { WriteList } from "./write-list.ts";

/** One attempt under one fence: what it writes its steps with. */
export interface Attempt {
  readonly deps: MigrateDeps;
  readonly row: MigrationRow;
  readonly fence: number;
  readonly journal: Journal;
}

/** An attempt that may act: its statement is checked and its admin identity logged in. */
export interface MigrationRun extends Attempt {
  readonly statement: ApprovalStatement;
  /** The statement as the bot signed it. */
  readonly signed: Signed;
  readonly admin: AdminSession;
  /** What is lent right now: shut once it is proven dead. `isRevoked`: by us, from the call on. */
  readonly lent: {
    isOpen: boolean;
    secretIdAccessor: string | null;
    reader: ReaderSession | null;
    isRevoked: boolean;
  };
  /** The version in hand: the approved one until the read tells. And the finish after which it is free, if any. */
  readonly moves: { vaultVersion: number | null; previousStatementId: string | null };
  /** The writes that may have reached AWS, also of a process that died: what a failure takes back. */
  readonly written: { list: WriteList | null };
  /** The admin's revocation of itself, once it is under way. */
  readonly leaving: { admin: Promise<DeathProof> | null };
  readonly proofs: { reader: DeathProof | null; admin: DeathProof | null };
}
