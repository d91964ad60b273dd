import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { givenSlack } from "../../dev/slack/given-slack.ts";

const TOKENS = { SLACK_BOT_TOKEN: "xoxb-practice", SLACK_APP_TOKEN: "xapp-practice" };

describe("a Slack that is given by its variables", () => {
  it("is none where no token is set", async () => {
    expect(await givenSlack({})).toBeNull();
    expect(await givenSlack({ SLACK_BOT_TOKEN: "" })).toBeNull();
  });

  it("is used with the person's own rules, which alone name the channels", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "glovebox-rules-")), "glovebox.yaml");
    await writeFile(file, "installation: practice\n");
    const given = await givenSlack({ ...TOKENS, GLOVEBOX_RULES: file });
    expect(given).toEqual({ botToken: "xoxb-practice", appToken: "xapp-practice", rules: "installation: practice\n" });
  });

  it.each([
    ["the app token", { SLACK_BOT_TOKEN: "xoxb-practice" }, "SLACK_APP_TOKEN and GLOVEBOX_RULES"],
    ["the rules", TOKENS, "GLOVEBOX_RULES is not"],
    ["a file that is there", { ...TOKENS, GLOVEBOX_RULES: "no/such.yaml" }, "can't be read"],
  ])("is refused without %s, with the next step", async (_what, env, words) => {
    await expect(givenSlack(env)).rejects.toThrow(words);
  });
});
