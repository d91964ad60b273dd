import { WebClient } from "@slack/web-api";
import type { Members, Membership } from "../approvals/membership.ts";
import { GloveboxError } from "../errors.ts";
import { type DeskOptions, slackReason } from "./slack-desk.ts";

export class MembershipUnknownError extends GloveboxError {
  readonly code = "MEMBERSHIP_UNKNOWN";
  readonly userMessage =
    "Slack did not tell me who is in the group that may do this, so I let nobody through and nothing changed. Try again in a minute.";
  override readonly retryable = true;
  constructor(usergroup: string, cause: string) {
    super(`usergroups.users.list of ${usergroup}: ${cause}`);
  }
}

/**
 * Asks Slack's user groups at every question. There is no cache: somebody who was taken out of a group a second ago
 * must not decide, and a click is rare beside the method's 20 calls a minute.
 * @see https://docs.slack.dev/reference/methods/usergroups.users.list
 */
export function slackMembership({ token, slackApiUrl }: DeskOptions): Membership {
  const client = new WebClient(token, {
    ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
    timeout: 2_500,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 1, minTimeout: 200 },
  });

  const usersOf = async (usergroup: string): Promise<readonly string[]> => {
    try {
      const { users } = await client.usergroups.users.list({ usergroup });
      return users ?? [];
    } catch (error) {
      throw new MembershipUnknownError(usergroup, slackReason(error));
    }
  };

  return {
    isMember: async ({ users, usergroups }: Members, userId) => {
      if (users.includes(userId)) return true;
      for (const usergroup of usergroups) if ((await usersOf(usergroup)).includes(userId)) return true;
      return false;
    },
  };
}
