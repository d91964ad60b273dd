import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLocalSlack } from "../../dev/slack/start-local-slack.ts";
import { MembershipUnknownError, slackMembership } from "../../src/slack/slack-membership.ts";

const METHOD = "usergroups.users.list";

describe("membership in Slack's user groups", () => {
  let slack: Awaited<ReturnType<typeof startLocalSlack>>;
  let runDir: string;
  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), "glovebox-membership-"));
    slack = await startLocalSlack({ runDir, logTo: join(runDir, "slack.log") });
  });
  afterAll(async () => {
    await slack.stop();
    await rm(runDir, { recursive: true, force: true });
  });
  const world = (maxAgeMs: number) => {
    const { id, users } = slack.usergroups.approvers;
    slack.setUsergroupMembers(id, users);
    const clock = { now: 1_000_000 };
    const options = { token: slack.botToken, slackApiUrl: slack.apiUrl };
    const membership = slackMembership(options, { maxAgeMs, now: () => clock.now });
    const [approver = ""] = users;
    return {
      clock,
      throwOut: () => slack.setUsergroupMembers(id, users.slice(1)),
      isMember: () => membership.isMember({ users: [], usergroups: [id] }, approver),
    };
  };

  it("is asked anew at every click: who was taken out a moment ago decides nothing", async () => {
    const { isMember, throwOut } = world(0);
    expect(await isMember()).toBe(true);
    throwOut();
    expect(await isMember()).toBe(false);
  });

  it("may be as old as the gate allows, and no older, for one group is asked after twice a secret", async () => {
    const { isMember, throwOut, clock } = world(10_000);
    expect(await isMember()).toBe(true);
    throwOut();
    clock.now += 9_999;
    expect(await isMember()).toBe(true);
    clock.now += 1;
    expect(await isMember()).toBe(false);
  });

  it("is asked anew when the clock was set back", async () => {
    const { isMember, throwOut, clock } = world(10_000);
    await isMember();
    throwOut();
    clock.now -= 60_000;
    expect(await isMember()).toBe(false);
  });

  it("lets nobody through on an old answer when Slack does not answer", async () => {
    const { isMember, clock } = world(10_000);
    await isMember();
    clock.now += 10_000;
    for (let time = 0; time < 2; time += 1) slack.failNext(METHOD, { status: 500 });
    await expect(isMember()).rejects.toThrow(MembershipUnknownError);
  });
});
