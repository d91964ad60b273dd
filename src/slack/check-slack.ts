import { WebClient } from "@slack/web-api";
import type { Members } from "../membership.ts";
import { type DeskOptions, slackReason } from "./slack-desk.ts";

export interface SlackRules {
  readonly approvals: { readonly channel: string; readonly approvers: Members };
  readonly support: { readonly channel: string; readonly staff: Members };
  readonly teams: readonly { readonly members: Members }[];
}

/** Does the token work, and can it see the user groups that the rules name? */
export async function checkSlack(
  { token, slackApiUrl }: DeskOptions,
  { approvals, support, teams }: SlackRules,
): Promise<{ ok: boolean; text: string }[]> {
  const client = new WebClient(token, {
    ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
    timeout: 5_000,
    retryConfig: { retries: 0 },
  });
  const tried = async (text: string, call: () => Promise<unknown>): Promise<{ ok: boolean; text: string }> =>
    call().then(
      () => ({ ok: true, text }),
      (error: unknown) => ({ ok: false, text: `${text}: Slack says ${slackReason(error)}` }),
    );
  const groups = [...new Set([...approvals.approvers.usergroups, ...support.staff.usergroups])];
  const teamGroups = [...new Set(teams.flatMap(({ members }) => members.usergroups))];
  return Promise.all([
    tried("Slack accepts the bot's token", () => client.auth.test()),
    tried(`Slack shows ${approvals.channel}, the approvals channel`, () =>
      client.conversations.info({ channel: approvals.channel }),
    ),
    tried(`Slack shows ${support.channel}, the support channel`, () =>
      client.conversations.info({ channel: support.channel }),
    ),
    ...groups.map((usergroup) =>
      tried(`Slack says who is in ${usergroup}`, () => client.usergroups.users.list({ usergroup })),
    ),
    ...(teamGroups.length > 0 ? [teamsFound(client, teamGroups)] : []),
  ]);
}

/** In one call, for Slack allows 20 a minute and there may be more teams. */
async function teamsFound(client: WebClient, wanted: readonly string[]): Promise<{ ok: boolean; text: string }> {
  const text = `Slack knows the teams' user groups (${wanted.length})`;
  try {
    const { usergroups = [] } = await client.usergroups.list();
    const missing = wanted.filter((id) => !usergroups.some((group) => group.id === id));
    return missing.length === 0 ? { ok: true, text } : { ok: false, text: `${text}: not ${missing.join(", ")}` };
  } catch (error) {
    return { ok: false, text: `${text}: Slack says ${slackReason(error)}` };
  }
}
