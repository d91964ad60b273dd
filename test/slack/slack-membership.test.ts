import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLocalSlack } from "../../dev/slack/start-local-slack.ts";
import { checkSlack } from "../../src/slack/check-slack.ts";
import { MembershipUnknownError, slackDirectory, slackMembership } from "../../src/slack/slack-membership.ts";

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

  it("is told of all groups by one call a minute where it is only shown", async () => {
    const { approvers, supporters, payments } = slack.usergroups;
    slack.setUsergroupMembers(payments.id, payments.users);
    const clock = { now: 1_000_000 };
    const options = { token: slack.botToken, slackApiUrl: slack.apiUrl };
    const directory = slackDirectory(options, { now: () => clock.now });
    const isIn = (id: string) => directory.isMember({ users: [], usergroups: [id] }, "U0ENGINEER");
    slack.failNext("usergroups.list", { delayMs: 200 }); // all of them ask before the answer is there
    const asked = Promise.all([approvers, supporters, payments, payments].map(({ id }) => isIn(id)));
    expect(await asked).toEqual([false, false, true, true]);
    slack.setUsergroupMembers(payments.id, []);
    for (const _ of [1, 2]) slack.failNext("usergroups.list", { status: 500 });
    expect(await isIn(payments.id)).toBe(true); // not asked: it would have met the failure
    clock.now += 60_001;
    await expect(isIn(payments.id)).rejects.toThrow(MembershipUnknownError);
    expect(await isIn(payments.id)).toBe(false);
    expect(await directory.isMember({ users: ["U0ENGINEER"], usergroups: [] }, "U0ENGINEER")).toBe(true);
  });

  it("is looked at by doctor: a team's group that Slack does not know is named", async () => {
    const { channels, usergroups } = slack;
    const group = (id: string) => ({ users: [], usergroups: [id] });
    const rules = {
      approvals: { channel: channels.approvals, approvers: group(usergroups.approvers.id) },
      support: { channel: channels.support, staff: group(usergroups.supporters.id) },
    };
    const look = (...ids: string[]) =>
      checkSlack(
        { token: slack.botToken, slackApiUrl: slack.apiUrl },
        { ...rules, teams: ids.map((id) => ({ members: group(id) })) },
      );
    expect((await look(usergroups.payments.id)).at(-1)).toEqual({
      ok: true,
      text: "Slack knows the teams' user groups (1)",
    });
    expect((await look(usergroups.payments.id, "S0GONE")).at(-1)).toEqual({
      ok: false,
      text: "Slack knows the teams' user groups (2): not S0GONE",
    });
  });
});
