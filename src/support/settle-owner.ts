import { appendEvent } from "../audit/append-event.ts";
import { lockEntry } from "../catalog/lock-entry.ts";
import type { Members } from "../membership.ts";
import type { OwnerClick, OwnershipDeps } from "../metadata/claim-entry.ts";
import { TeamUnknownError } from "../metadata/ownership-errors.ts";
import { recordOwner, settle } from "../metadata/record-owner.ts";
import { teamNamed } from "../metadata/team.ts";
import { enqueueRedraw } from "../store/outbox.ts";
import { NotStaffError } from "./errors.ts";

/**
 * Support says whose an entry is, for any team: their word settles whatever was said against it.
 * @throws {NotStaffError} {TeamUnknownError} {EntryUnknownError}
 */
export async function settleOwner(
  { store, now, membership, teams, staff }: OwnershipDeps & { readonly staff: Members },
  { entryId, userId, team: named }: OwnerClick,
): Promise<void> {
  if (!(await membership.isMember(staff, userId))) throw new NotStaffError("settle whose a secret is", staff);
  const team = teamNamed(teams, named)?.name;
  if (team === undefined) throw new TeamUnknownError();
  await store.transaction().execute(async (tx) => {
    await lockEntry(tx, entryId);
    const [at, subject] = [now(), `entry:${entryId}`];
    await settle(tx, { entryId, by: userId, at });
    await recordOwner(tx, { entryId, team, by: userId, at });
    await enqueueRedraw(tx, subject);
    await appendEvent(tx, at, { kind: "owner.settled", actor: userId, subject, content: { team } });
  });
}
