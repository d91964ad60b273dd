/** People and Slack user groups, by id. A person is a member who is named, or who is in one of the groups. */
export interface Members {
  readonly users: readonly string[];
  readonly usergroups: readonly string[];
}

/** Who is in a group at this moment. */
export interface Membership {
  /** Asks the live directory: no answer of an earlier day counts. @throws When the directory can't be asked. */
  isMember(members: Members, userId: string): Promise<boolean>;
}

/** The members as Slack mentions: `<!subteam^S1>, <@U1>`. */
export function mentionMembers({ users, usergroups }: Members): string {
  return [...usergroups.map((id) => `<!subteam^${id}>`), ...users.map((id) => `<@${id}>`)].join(", ");
}
