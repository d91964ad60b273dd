import { GloveboxError } from "../errors.ts";
import { mentionMembers } from "../membership.ts";
import type { Team } from "./team.ts";

export class NotInTeamError extends GloveboxError {
  readonly code = "NOT_IN_TEAM";
  readonly userMessage: string;
  /** @param team null where the person is in none at all. */
  constructor(team: Pick<Team, "name" | "members"> | null) {
    super(team === null ? "in no team" : "not a member of that team");
    this.userMessage =
      team === null
        ? "You are in none of the teams that I know, so I recorded nothing. Ask support to add your team to my rules, or to say whose secret it is."
        : `You can't speak for ${team.name}: that needs somebody from ${mentionMembers(team.members)}. Nothing was recorded.`;
  }
}

export class TeamUnknownError extends GloveboxError {
  readonly code = "TEAM_UNKNOWN";
  readonly userMessage =
    "My rules know no such team any more, so I recorded nothing. Look the secret up again, or ask support to add the team.";
  constructor() {
    super("no team of that name in the rules");
  }
}

export class AlreadyOwnedError extends GloveboxError {
  readonly code = "ALREADY_OWNED";
  readonly userMessage: string;
  constructor(team: string, by: string) {
    super("the team is the confirmed owner already");
    this.userMessage = `It is recorded as ${team}'s already: <@${by}> said so. Your click changed nothing.`;
  }
}

export class AlreadyDisclaimedError extends GloveboxError {
  readonly code = "ALREADY_DISCLAIMED";
  readonly userMessage: string;
  constructor(team: string, by: string) {
    super("a member has said so already");
    this.userMessage = `<@${by}> has said already that it is not ${team}'s. Your click changed nothing.`;
  }
}
