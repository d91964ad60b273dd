import { describe, expect, it } from "vitest";
import { claimCase } from "../../src/support/claim-case.ts";
import { BadTopicError, CaseChangedError, CaseNotFoundError, NotStaffError } from "../../src/support/errors.ts";
import { loadCaseState } from "../../src/support/load-case-state.ts";
import { openCase } from "../../src/support/open-case.ts";
import { relayToRequester, relayToThread } from "../../src/support/relay.ts";
import { resolveCase } from "../../src/support/resolve-case.ts";
import { APPROVER, ENGINEER, requestWorld, STRANGER } from "../approvals/request-world.ts";

const SUPPORTER = "U0SUPPORT";
const STAFF = "S0SUPPORT";
const NO_VALUE = { requestId: null, entryId: null };

async function supportWorld() {
  const world = await requestWorld();
  world.membership.groups[STAFF] = [SUPPORTER, "U0OTHER"];
  const deps = { ...world.deps, staff: { users: [], usergroups: [STAFF] } };
  const open = async (topic = "A refusal: TARGET_TAKEN", patch: object = {}) =>
    (await openCase(deps, { topic, openedBy: ENGINEER, ...NO_VALUE, ...patch })).caseId;
  /** Stands in for Slack: where the two threads of a case hang. */
  const posted = async (caseId: string) => {
    const subject = `case:${caseId}`;
    await world.store
      .insertInto("card")
      .values([
        { subject, kind: "case", channel: "C0SUPPORT", ts: "100.1" },
        { subject, kind: "case-direct", channel: "D0ENGINEER", ts: "200.1" },
      ])
      .execute();
  };
  const relays = async () =>
    (await world.store.selectFrom("outbox").select("detail").where("kind", "=", "relay").orderBy("id").execute()).map(
      ({ detail }) => detail,
    );
  return { ...world, deps, open, posted, relays };
}

describe("openCase", () => {
  it("opens a numbered case and draws its card", async () => {
    const world = await supportWorld();
    expect(await world.open()).toBe("CS-101");
    expect(await world.deliveries("case:CS-101")).toEqual([{ kind: "redraw", detail: {} }]);
    expect(await world.events("case:CS-101")).toEqual(["case.opened"]);
  });

  it("gives the same case to who asks the same again, even at once, until it is resolved", async () => {
    const world = await supportWorld();
    expect(await Promise.all([world.open(), world.open()])).toEqual(["CS-101", "CS-101"]);
    expect(await world.open("A refusal: VAULT_UNAVAILABLE")).toBe("CS-102");
    await resolveCase(world.deps, { caseId: "CS-101", version: 1, by: SUPPORTER });
    world.clock.advanceHours(1);
    expect(await world.open()).toBe("CS-103");
  });

  it.each([
    ["a credential", ["AKIA", "IOSFODNN7EXAMPLE"].join("")],
    ["markup", "<!channel> look"],
    ["a long text", "please ".repeat(30)],
    ["nothing", ""],
  ])("refuses %s as a topic", async (_what, topic) => {
    const world = await supportWorld();
    await expect(world.open(topic)).rejects.toThrow(BadTopicError);
  });
});

describe("loadCaseState", () => {
  it("shows the request as it is now, and its secret", async () => {
    const world = await supportWorld();
    const requestId = await world.request();
    const caseId = await world.open(`A question about ${requestId}`, { requestId });
    expect(await loadCaseState(world.store, caseId)).toMatchObject({
      status: "open",
      request: { id: requestId, status: "waiting" },
      entry: { mount: "secret", path: "team-a/stripe" },
    });
    await world.approve(requestId);
    expect(await loadCaseState(world.store, caseId)).toMatchObject({ request: { status: "approved" } });
  });

  it("knows a case about a secret, about neither, and none", async () => {
    const world = await supportWorld();
    const aboutSecret = await world.open("A question about a secret", { entryId: world.entryId });
    expect(await loadCaseState(world.store, aboutSecret)).toMatchObject({
      request: null,
      entry: { id: world.entryId },
    });
    expect(await loadCaseState(world.store, await world.open())).toMatchObject({ request: null, entry: null });
    expect(await loadCaseState(world.store, "CS-1")).toBeNull();
  });
});

describe("claimCase and resolveCase", () => {
  it("let a supporter claim and then resolve, and tell who asked", async () => {
    const world = await supportWorld();
    const caseId = await world.open();
    await claimCase(world.deps, { caseId, version: 1, by: SUPPORTER });
    expect(await loadCaseState(world.store, caseId)).toMatchObject({ status: "claimed", claimedBy: SUPPORTER });
    await resolveCase(world.deps, { caseId, version: 2, by: SUPPORTER });
    expect(await loadCaseState(world.store, caseId)).toMatchObject({ status: "resolved", resolvedBy: SUPPORTER });
    const notices = (await world.deliveries(`case:${caseId}`)).filter(({ kind }) => kind === "notice");
    expect(notices.map(({ detail }) => detail)).toEqual([
      { event: "claimed", to: ENGINEER, by: SUPPORTER },
      { event: "resolved", to: ENGINEER, by: SUPPORTER },
    ]);
  });

  it.each([
    ["the person who asked", ENGINEER],
    ["an approver", APPROVER],
    ["a stranger", STRANGER],
  ])("refuse %s and name the staff", async (_who, by) => {
    const world = await supportWorld();
    const caseId = await world.open();
    for (const move of [claimCase, resolveCase]) {
      const click = move(world.deps, { caseId, version: 1, by });
      await expect(click).rejects.toThrow(NotStaffError);
      await expect(click).rejects.toMatchObject({ userMessage: expect.stringContaining(`<!subteam^${STAFF}>`) });
    }
    expect(await loadCaseState(world.store, caseId)).toMatchObject({ status: "open", version: 1 });
  });

  it("let one of two simultaneous claims win and tell the other who was first", async () => {
    const world = await supportWorld();
    const caseId = await world.open();
    const claims = [SUPPORTER, "U0OTHER"].map((by) => claimCase(world.deps, { caseId, version: 1, by }));
    const results = await Promise.allSettled(claims);
    const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    const claimed = await loadCaseState(world.store, caseId);
    expect(refusals).toEqual([expect.any(CaseChangedError)]);
    expect(refusals[0].userMessage).toContain(`<@${claimed?.claimedBy}> claimed this`);
  });

  it("refuse a resolved case and an unknown one", async () => {
    const world = await supportWorld();
    const caseId = await world.open();
    await resolveCase(world.deps, { caseId, version: 1, by: SUPPORTER });
    await expect(claimCase(world.deps, { caseId, version: 2, by: SUPPORTER })).rejects.toThrow(CaseChangedError);
    await expect(claimCase(world.deps, { caseId: "CS-1", version: 1, by: SUPPORTER })).rejects.toThrow(
      CaseNotFoundError,
    );
  });
});

describe("relays", () => {
  const inThread = { channel: "C0SUPPORT", threadTs: "100.1", ts: "100.2" };
  const inDm = { channel: "D0ENGINEER", threadTs: "200.1", ts: "200.2" };

  it("carry a supporter's reply to who asked, once, and keep no text", async () => {
    const world = await supportWorld();
    const caseId = await world.open();
    await world.posted(caseId);
    const message = { ...inThread, by: SUPPORTER };
    const results = await Promise.all([relayToRequester(world.deps, message), relayToRequester(world.deps, message)]);
    expect(results.filter((result) => result !== null)).toEqual([{ caseId }]);
    expect(await world.relays()).toEqual([{ ...message, direction: "to-requester" }]);
  });

  it("carry the answer back", async () => {
    const world = await supportWorld();
    const caseId = await world.open();
    await world.posted(caseId);
    const message = { ...inDm, by: ENGINEER };
    expect(await relayToThread(world.deps, message)).toEqual({ caseId });
    expect(await world.relays()).toEqual([{ ...message, direction: "to-thread" }]);
  });

  it.each([
    ["somebody who is no supporter, in the thread", relayToRequester, { ...inThread, by: STRANGER }],
    ["the person themselves, in the thread", relayToRequester, { ...inThread, by: ENGINEER }],
    ["a supporter in another thread", relayToRequester, { ...inThread, threadTs: "1.1", by: SUPPORTER }],
    ["somebody else in the DM", relayToThread, { ...inDm, by: STRANGER }],
    ["a DM in another thread", relayToThread, { ...inDm, threadTs: "1.1", by: ENGINEER }],
  ])("carry nothing of %s", async (_who, relay, message) => {
    const world = await supportWorld();
    await world.posted(await world.open());
    expect(await relay(world.deps, message)).toBeNull();
    expect(await world.relays()).toEqual([]);
  });
});
