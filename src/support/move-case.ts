import type { Selectable } from "kysely";
import { appendEvent } from "../audit/append-event.ts";
import type { Members, Membership } from "../membership.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery, enqueueRedraw } from "../store/outbox.ts";
import type { SupportCaseTable } from "../store/tables/support.ts";
import { CaseChangedError, CaseNotFoundError, NotStaffError } from "./errors.ts";

export interface SupportDeps {
  readonly store: Store;
  readonly now: () => Date;
  readonly membership: Membership;
  readonly staff: Members;
}

export interface CaseClick {
  readonly caseId: string;
  /** What the button was drawn with. */
  readonly version: number;
  /** Slack user id. */
  readonly by: string;
}

type Status = SupportCaseTable["status"];
type Move = { status: Status } & Partial<Pick<SupportCaseTable, "claimedBy" | "resolvedBy">>;

/**
 * One step of a case, by a supporter who saw its newest version.
 * @throws {CaseNotFoundError} {NotStaffError} {CaseChangedError}
 */
export async function moveCase(
  { store, now, membership, staff }: SupportDeps,
  { caseId, version, by }: CaseClick,
  verb: string,
  from: readonly Status[],
  move: Move,
): Promise<void> {
  if (!(await membership.isMember(staff, by))) throw new NotStaffError(`${verb} ${caseId}`, staff);
  await store.transaction().execute(async (tx) => {
    const row = await tx.selectFrom("supportCase").selectAll().where("id", "=", caseId).forUpdate().executeTakeFirst();
    if (!row) throw new CaseNotFoundError();
    if (row.version !== version || !from.includes(row.status)) throw new CaseChangedError(lastMove(row));
    const at = now();
    await tx
      .updateTable("supportCase")
      .set({ ...move, version: version + 1, changedAt: at })
      .where("id", "=", caseId)
      .execute();
    const subject = `case:${caseId}`;
    await enqueueRedraw(tx, subject);
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: move.status, to: row.openedBy, by } });
    await appendEvent(tx, at, { kind: `case.${move.status}`, actor: by, subject, content: { version: version + 1 } });
  });
}

function lastMove({ status, claimedBy, resolvedBy, changedAt }: Selectable<SupportCaseTable>) {
  return { status, by: resolvedBy ?? claimedBy, at: changedAt };
}
