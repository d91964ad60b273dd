import { WebClient } from "@slack/web-api";
import type { Members } from "../membership.ts";
import { type DeskOptions, slackReason } from "./slack-desk.ts";

export interface SlackRules {
  readonly approvals: { readonly channel: string; readonly approvers: Members };
  readonly support: { readonly channel: string; readonly staff: Members };
}

/** Does the token work, and can it see the user groups that the rules name? */
export async function checkSlack(
  { token, slackApiUrl }: DeskOptions,
  { approvals, support }: SlackRules,
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
  ]);
}
