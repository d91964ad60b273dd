import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { approveRequest } from "../../src/approvals/approve-request.ts";
import { askAgain } from "../../src/approvals/ask-again.ts";
import { ApprovalStatement } from "../../src/approvals/content.ts";
import {
  AlreadyDecidedError,
  NotAllowedError,
  OwnRequestError,
  RequestChangedError,
  RequestExpiredError,
  RequestNotFoundError,
} from "../../src/approvals/errors.ts";
import { readSigned, SignatureRefusedError } from "../../src/approvals/read-signed.ts";
import { rejectRequest } from "../../src/approvals/reject-request.ts";
import {
  APPROVER,
  APPROVERS_GROUP,
  addEntry,
  contentOf,
  ENGINEER,
  requestWorld,
  SECOND_APPROVER,
  STRANGER,
} from "./request-world.ts";

describe("approveRequest", () => {
  it("signs what the requester signed, queues one attempt, rings and tells", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const { migrationId, attempt } = await world.approve(requestId);
    const row = await world.store.selectFrom("statement").selectAll().executeTakeFirstOrThrow();
    const statement = readSigned(world.keyring, "approval", row, ApprovalStatement);
    const { source, target, shape, tags } = contentOf();
    expect(statement).toMatchObject({ source, target, shape, tags, requestId, requestVersion: 1, vaultVersion: 3 });
    expect(statement).toMatchObject({ requester: ENGINEER, approvers: [APPROVER], rule: "four-eyes" });
    expect(Date.parse(statement.expiresAt) - Date.parse(statement.issuedAt)).toBe(24 * 3_600_000);
    expect(world.rung).toEqual([`${migrationId}-${attempt}`]);
    expect(await world.statusOf(requestId)).toBe("approved");
    expect(await world.events(`request:${requestId}`)).toEqual(["request.received", "request.approved"]);
    const kinds = (await world.deliveries(`request:${requestId}`)).map(({ kind, detail }) => detail.event ?? kind);
    expect(kinds).toEqual(["redraw", "redraw", "approved"]);
  });

  it("keeps an approval valid past the time before which the move must not start", async () => {
    const world = await requestWorld();
    const notBefore = new Date(world.clock.now().getTime() + 100 * 3_600_000).toISOString();
    await world.approve(await world.request({ notBefore }));
    const { bytes } = await world.store.selectFrom("statement").select("bytes").executeTakeFirstOrThrow();
    expect(Date.parse(JSON.parse(bytes).expiresAt) - Date.parse(notBefore)).toBe(24 * 3_600_000);
  });

  it("answers a second click with who decided and when, and changes nothing", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    await world.approve(requestId);
    const second = world.approve(requestId, SECOND_APPROVER);
    await expect(second).rejects.toThrow(AlreadyDecidedError);
    await expect(second).rejects.toMatchObject({
      userMessage: expect.stringMatching(/^<@U0APPROVER> approved this at .* UTC\. Your click changed nothing\.$/),
    });
    expect(world.rung).toHaveLength(1);
  });

  it("lets one of twenty simultaneous clicks win", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const clicks = Array.from({ length: 20 }, (_, index) =>
      world.approve(requestId, index % 2 === 0 ? APPROVER : SECOND_APPROVER),
    );
    const results = await Promise.allSettled(clicks);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(refusals.every((error) => error instanceof AlreadyDecidedError)).toBe(true);
    expect(await world.store.selectFrom("migration").select("id").execute()).toHaveLength(1);
  });

  it("refuses a person outside the approvers and names the group", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const click = world.approve(requestId, STRANGER);
    await expect(click).rejects.toThrow(NotAllowedError);
    await expect(click).rejects.toMatchObject({
      userMessage: expect.stringContaining(`<!subteam^${APPROVERS_GROUP}>`),
    });
    expect(await world.statusOf(requestId)).toBe("waiting");
  });

  it("asks the directory at the click: who has left the group can't approve any more", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    world.membership.groups[APPROVERS_GROUP] = [SECOND_APPROVER];
    await expect(world.approve(requestId)).rejects.toThrow(NotAllowedError);
  });

  it("refuses the requester's own approval, approver or not", async () => {
    const world = await requestWorld();
    const requestId = await world.request({ requester: APPROVER });
    await expect(world.approve(requestId, APPROVER)).rejects.toThrow(OwnRequestError);
    await world.approve(requestId, SECOND_APPROVER);
  });

  it("refuses a click on a version that has been replaced, and says what differs", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const target = { ...contentOf().target, accountId: "999900001111" };
    await world.request({ target }, requestId);
    const click = world.approve(requestId, APPROVER, 1);
    await expect(click).rejects.toThrow(RequestChangedError);
    await expect(click).rejects.toMatchObject({ userMessage: expect.stringContaining("target account") });
    await world.approve(requestId, APPROVER, 2);
  });

  it("refuses an expired request before the sweep has marked it", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    world.clock.advanceHours(73);
    await expect(world.approve(requestId)).rejects.toThrow(RequestExpiredError);
  });

  it("refuses a request that does not exist", async () => {
    const world = await requestWorld();
    await expect(world.approve("RQ-1")).rejects.toThrow(RequestNotFoundError);
  });

  it("asks again when Vault's version has moved since the card was drawn", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    await world.store.updateTable("entry").set({ currentVersion: 4 }).execute();
    await expect(world.approve(requestId)).rejects.toThrow(RequestChangedError);
    const row = await world.store.selectFrom("request").selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ status: "waiting", version: 2, vaultVersion: 4 });
    expect(row.changes).toEqual([{ field: "Vault version", from: "3", to: "4" }]);
    expect(await world.store.selectFrom("decision").select("id").execute()).toEqual([]);
    await world.approve(requestId, APPROVER, 2);
  });

  it("goes on counting attempts after an approved request was asked again", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const first = await world.approve(requestId);
    await world.engineLeft(first.migrationId, "failed");
    const at = world.clock.now();
    const input = { requestId, vaultVersion: 4, reason: "VERSION_MOVED", at };
    await world.store.updateTable("entry").set({ currentVersion: 4 }).execute();
    await world.store.transaction().execute((tx) => askAgain(tx, input));
    expect(await world.approve(requestId, APPROVER, 2)).toMatchObject({ attempt: 2 });
  });
});

describe("a request that was altered in the database", () => {
  it.each([
    ["envelope_id", "gen_random_uuid()"],
    ["version", "2"],
    ["entry_id", "(select max(id) from entry)"],
    ["requester", "'U0STRANGER'"],
    ["content", "replace(content, 'prod/team-a/stripe', 'prod/team-b/stripe')"],
    ["content", "replace(content, '111122223333', '999900001111')"],
    ["signature", "encode('forged', 'base64')"],
    ["key_id", "'0000000000000000'"],
    ["vault_version", "null"],
    ["changes", `'[{"field":"reason","from":"a","to":"b"}]'`],
    ["created_at", "created_at - interval '1 day'"],
    ["changed_at", "changed_at + interval '1 day'"],
    ["expires_at", "expires_at + interval '1 day'"],
  ])("moves nothing: %s = %s", async (column, forged) => {
    const world = await requestWorld();
    await addEntry(world.store, "team-b/other", 3);
    const requestId = await world.request();
    await sql`update request set ${sql.ref(column)} = ${sql.raw(forged)}`.execute(world.store);
    const click = world.approve(requestId, APPROVER, column === "version" ? 2 : 1);
    await expect(click).rejects.toThrow(SignatureRefusedError);
    expect(await world.store.selectFrom("statement").select("id").execute()).toEqual([]);
    expect(await world.store.selectFrom("migration").select("id").execute()).toEqual([]);
    expect(world.rung).toEqual([]);
  });

  it("moves nothing when a rejected request is set back to waiting", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    await rejectRequest(world.deps, { requestId, version: 1, by: APPROVER, reasonCode: "other", reason: "" });
    await sql`update request set status = 'waiting'`.execute(world.store);
    await sql`delete from decision`.execute(world.store);
    await expect(world.approve(requestId)).rejects.toThrow(SignatureRefusedError);
  });

  it("moves nothing when it got the signed content of another request", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const { bytes, signature } = await world.envelope({ reason: "another envelope of the same person" });
    const { id } = JSON.parse(bytes);
    await world.store.updateTable("request").set({ content: bytes, signature, envelopeId: id }).execute();
    await expect(world.approve(requestId)).rejects.toThrow(SignatureRefusedError);
  });

  it("moves nothing under another key: an envelope signed by somebody else is refused", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const stranger = await requestWorld();
    await expect(
      approveRequest({ ...world.deps, keyring: stranger.keyring }, { requestId, version: 1, by: APPROVER }),
    ).rejects.toThrow(SignatureRefusedError);
  });
});
