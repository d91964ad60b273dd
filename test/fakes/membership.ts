import type { Membership } from "../../src/membership.ts";

/** A directory in memory. `groups` may be changed during a test: the next question sees it. */
export function fakeMembership(
  groups: Record<string, string[]> = {},
): Membership & { groups: Record<string, string[]> } {
  return {
    groups,
    async isMember({ users, usergroups }, userId) {
      return users.includes(userId) || usergroups.some((id) => groups[id]?.includes(userId));
    },
  };
}
