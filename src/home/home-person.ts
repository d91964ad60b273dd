import type { RawBuilder } from "kysely";
import type { Team } from "../metadata/team.ts";

/** Whose Home tab it is, and what their groups let them see. */
export interface HomePerson {
  /** Slack user id. */
  readonly userId: string;
  readonly teams: readonly Team[];
  readonly isApprover: boolean;
  readonly isStaff: boolean;
  /** A condition on `entry.full_path`: names that this person may see. */
  readonly visible: RawBuilder<boolean>;
  /** Slack did not say which groups they are in, so what depends on them is left out. */
  readonly areGroupsUnknown: boolean;
}
