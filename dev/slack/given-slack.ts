import { readFile } from "node:fs/promises";

/** A person's own workspace, named by variables in place of the practice one. */
export interface GivenSlack {
  readonly botToken: string;
  readonly appToken: string;
  /** Their glovebox.yaml: only they know their channels and groups. */
  readonly rules: string;
}

/**
 * @returns null when no Slack token is set: the practice workspace is started.
 * @throws Error with the next step, when only a part of what is needed is set.
 */
export async function givenSlack(env: NodeJS.ProcessEnv): Promise<GivenSlack | null> {
  const { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, GLOVEBOX_RULES } = env;
  if (!SLACK_BOT_TOKEN && !SLACK_APP_TOKEN) return null;
  const missing = Object.entries({ SLACK_BOT_TOKEN, SLACK_APP_TOKEN, GLOVEBOX_RULES }).filter(([, value]) => !value);
  if (!SLACK_BOT_TOKEN || !SLACK_APP_TOKEN || !GLOVEBOX_RULES) {
    const names = missing.map(([name]) => name).join(" and ");
    throw new Error(
      `A Slack token is set, but ${names} is not. Next step: set it too (the rules name your channels, groups and the practice account, see docs/getting-started.md), or unset the tokens to have a practice workspace started.`,
    );
  }
  const rules = await readFile(GLOVEBOX_RULES, "utf8").catch(() => {
    throw new Error(`GLOVEBOX_RULES names ${GLOVEBOX_RULES}, which can't be read. Next step: correct it.`);
  });
  return { botToken: SLACK_BOT_TOKEN, appToken: SLACK_APP_TOKEN, rules };
}
