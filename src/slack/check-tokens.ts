import { WebClient } from "@slack/web-api";
import { slackReason } from "./slack-desk.ts";

export interface SlackTokens {
  readonly botToken: string;
  /** null: Slack calls us by HTTP. */
  readonly appToken: string | null;
  readonly slackApiUrl?: string | undefined;
}

/** What Slack says against each token: its own word (`invalid_auth`), or null where it takes it. Asked once, no retries. */
export async function checkTokens({ botToken, appToken, slackApiUrl }: SlackTokens): Promise<{
  readonly bot: string | null;
  readonly app: string | null;
}> {
  const open = (token: string) =>
    new WebClient(token, {
      ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
      timeout: 5_000,
      retryConfig: { retries: 0 },
      logger: SILENT,
    });
  const reasonOf = (call: Promise<unknown>): Promise<string | null> => call.then(() => null, slackReason);
  const [bot, app] = await Promise.all([
    reasonOf(open(botToken).auth.test()),
    appToken === null ? null : reasonOf(open(appToken).apps.connections.open()),
  ]);
  return { bot, app };
}

/** The SDK writes what goes wrong to standard error by itself; here the caller says it. */
const SILENT = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => "error" as never,
  setName: () => {},
};
