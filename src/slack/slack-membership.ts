import { WebClient } from "@slack/web-api";
import { GloveboxError } from "../errors.ts";
import type { Members, Membership } from "../membership.ts";
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

interface Answer {
  readonly users: readonly string[];
  readonly at: number;
}

/**
 * Asks Slack's user groups. For clicks there is no cache: somebody who was taken out of a group a second ago must not
 * decide. The gate asks twice for every secret, and Slack allows 20 calls a minute: there an answer counts for a while.
 * @param options.maxAgeMs How old an answer may be; 0: none is kept. @param options.now Milliseconds.
 * @see https://docs.slack.dev/reference/methods/usergroups.users.list
 */
export function slackMembership(
  { token, slackApiUrl }: DeskOptions,
  { maxAgeMs = 0, now = Date.now }: { maxAgeMs?: number; now?: () => number } = {},
): Membership {
  const known = new Map<string, Answer>();
  const client = new WebClient(token, {
    ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
    timeout: 2_500,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 1, minTimeout: 200 },
  });

  const usersOf = async (usergroup: string): Promise<readonly string[]> => {
    const earlier = known.get(usergroup);
    const ageMs = earlier ? now() - earlier.at : Number.POSITIVE_INFINITY;
    if (earlier && ageMs >= 0 && ageMs < maxAgeMs) return earlier.users;
    const at = now(); // before the question: the answer is no younger than that
    try {
      const { users = [] } = await client.usergroups.users.list({ usergroup });
      known.set(usergroup, { users, at });
      return users;
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

/**
 * All user groups by one call, kept for a while: for what is shown, never for what is allowed. Slack takes 20 such calls
 * a minute, and each Home tab asks of every team.
 * @see https://docs.slack.dev/reference/methods/usergroups.list
 */
export function slackDirectory(
  { token, slackApiUrl }: DeskOptions,
  { maxAgeMs = 60_000, now = Date.now }: { maxAgeMs?: number; now?: () => number } = {},
): Membership {
  const client = new WebClient(token, {
    ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
    timeout: 10_000,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 1, minTimeout: 200 },
  });
  let known: { readonly usersOf: ReadonlyMap<string, readonly string[]>; readonly at: number } | null = null;
  let asking: Promise<ReadonlyMap<string, readonly string[]>> | null = null;

  const ask = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
    const at = now(); // before the question: the answer is no younger than that
    try {
      const { usergroups = [] } = await client.usergroups.list({ include_users: true });
      const usersOf = new Map(usergroups.map(({ id = "", users = [] }) => [id, users]));
      known = { usersOf, at };
      return usersOf;
    } catch (error) {
      throw new MembershipUnknownError("all groups", slackReason(error));
    } finally {
      asking = null;
    }
  };
  const allGroups = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
    const ageMs = known ? now() - known.at : Number.POSITIVE_INFINITY;
    if (known && ageMs >= 0 && ageMs < maxAgeMs) return known.usersOf;
    asking ??= ask(); // many ask at once, and one answer is enough
    return asking;
  };

  return {
    isMember: async ({ users, usergroups }, userId) => {
      if (users.includes(userId)) return true;
      const usersOf = await allGroups();
      return usergroups.some((group) => usersOf.get(group)?.includes(userId));
    },
  };
}
