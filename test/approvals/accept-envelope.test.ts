import { describe, expect, it } from "vitest";
import { acceptEnvelope } from "../../src/approvals/accept-envelope.ts";
import type { RequestContent } from "../../src/approvals/content.ts";
import {
  AlreadyDecidedError,
  AlreadyMigratedError,
  LooksLikeSecretError,
  NotReplaceableError,
  NotRequesterError,
  OpenRequestExistsError,
  TargetClaimedError,
} from "../../src/approvals/errors.ts";
import { SignatureRefusedError } from "../../src/approvals/read-signed.ts";
import { takeEnvelope } from "../../src/approvals/take-envelope.ts";
import { EntryUnknownError } from "../../src/catalog/describe-entry.ts";
import { addEntry, contentOf, ENGINEER, requestWorld, STRANGER } from "./request-world.ts";

const target = (name: string) => ({ ...contentOf().target, name });

describe("acceptEnvelope", () => {
  it("makes a numbered request that waits, at the version that Vault has", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const row = await world.store.selectFrom("request").selectAll().executeTakeFirstOrThrow();
    expect(requestId).toBe("RQ-1001");
    expect(row).toMatchObject({ status: "waiting", version: 1, vaultVersion: 3, requester: ENGINEER, changes: [] });
    expect(row.expiresAt.getTime() - row.createdAt.getTime()).toBe(72 * 3_600_000);
    expect(await world.deliveries(`request:${requestId}`)).toEqual([{ kind: "redraw", detail: {} }]);
  });

  it("answers the same request when the queue delivers an envelope twice, even at once", async () => {
    const world = await requestWorld();
    const signed = await world.envelope();
    const both = await Promise.all([acceptEnvelope(world.intake, signed), acceptEnvelope(world.intake, signed)]);
    expect(both).toEqual([{ requestId: "RQ-1001" }, { requestId: "RQ-1001" }]);
    expect(await world.events("request:RQ-1001")).toEqual(["request.received"]);
  });

  it("refuses a second request for one secret and names the first", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const second = world.request({ requester: STRANGER });
    await expect(second).rejects.toThrow(OpenRequestExistsError);
    await expect(second).rejects.toMatchObject({ userMessage: expect.stringContaining(requestId) });
  });

  it("lets one of ten requests for one secret through when they come at once", async () => {
    const world = await requestWorld();
    const envelopes = await Promise.all(Array.from({ length: 10 }, () => world.envelope()));
    const results = await Promise.allSettled(envelopes.map((signed) => acceptEnvelope(world.intake, signed)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(refusals.every((error) => error instanceof OpenRequestExistsError)).toBe(true);
  });

  it("keeps two spellings of one accented name apart", async () => {
    const world = await requestWorld();
    const [composed, decomposed] = ["caf\u00e9/key", "cafe\u0301/key"];
    await addEntry(world.store, composed, 1);
    await addEntry(world.store, decomposed, 1);
    for (const path of [composed, decomposed]) {
      const content = contentOf({}, path);
      const signed = world.signer.sign("envelope", {
        ...JSON.parse((await world.envelope()).bytes),
        id: world.deps.newId(),
        content,
      });
      await acceptEnvelope(world.intake, signed);
    }
    const rows = await world.store.selectFrom("request").select("entryId").distinct().execute();
    expect(rows).toHaveLength(2);
  });

  it("refuses a name that another secret's request holds, also when both come at once", async () => {
    const world = await requestWorld();
    for (const path of ["team-b/one", "team-b/two"]) await addEntry(world.store, path, 1);
    const { target } = contentOf();
    const shape: RequestContent["shape"] = {
      kind: "split",
      parts: [
        { name: "A", keys: ["a"] },
        { name: "b", keys: ["b"] },
      ],
    };
    const wishes = [
      { ...contentOf({}, "team-b/one"), target: { ...target, name: "prod/x/a" } },
      { ...contentOf({}, "team-b/two"), target: { ...target, name: "prod/x" }, shape },
    ];
    const ends = await Promise.allSettled(wishes.map(async (wish) => world.request(wish)));
    const refused = ends.filter((end) => end.status === "rejected");
    expect(refused.map(({ reason }) => reason)).toEqual([expect.any(TargetClaimedError)]);
    const rows = await world.store.selectFrom("request").select(["places", "status"]).execute();
    expect(rows).toHaveLength(1);
    await world.store.updateTable("request").set({ status: "withdrawn" }).execute();
    await world.request(wishes[1]); // a request that is withdrawn holds no name
  });

  describe("for a secret that was moved before", () => {
    const moved = async (currentVersion: number | null) => {
      const world = await requestWorld({ currentVersion });
      const requestId = await world.request();
      const { migrationId } = await world.approve(requestId);
      await world.engineLeft(migrationId, "done", currentVersion);
      return { world, requestId, migrationId };
    };

    it.each([
      ["KV v2, at the same version", 3],
      ["KV v1, which has no versions", null],
    ])("refuses: %s", async (_case, currentVersion) => {
      const { world, requestId } = await moved(currentVersion);
      const again = world.request();
      await expect(again).rejects.toThrow(AlreadyMigratedError);
      await expect(again).rejects.toMatchObject({ userMessage: expect.stringContaining(requestId) });
    });

    it("accepts when Vault has a newer version", async () => {
      const { world } = await moved(3);
      await world.store.updateTable("entry").set({ currentVersion: 4 }).execute();
      expect(await world.request()).toBe("RQ-1002");
    });

    it("accepts when the move was undone", async () => {
      const { world, migrationId } = await moved(3);
      await world.engineLeft(migrationId, "undone");
      expect(await world.request()).toBe("RQ-1002");
    });
  });

  describe("with an envelope that replaces a request", () => {
    it("makes its next version and says what changed", async () => {
      const world = await requestWorld();
      const requestId = await world.request();
      await world.request({ target: target("prod/other"), tags: { environment: "test" } }, requestId);
      const row = await world.store.selectFrom("request").selectAll().executeTakeFirstOrThrow();
      expect(row).toMatchObject({ id: requestId, version: 2, status: "waiting" });
      expect(row.changes).toEqual([
        { field: "target name", from: "prod/team-a/stripe", to: "prod/other" },
        { field: "tag environment", from: "prod", to: "test" },
        { field: "tag owner-team", from: "team-a", to: "none" },
      ]);
    });

    it("is refused from anybody but the requester", async () => {
      const world = await requestWorld();
      const requestId = await world.request();
      await expect(world.request({ requester: STRANGER }, requestId)).rejects.toThrow(NotRequesterError);
    });

    it("is refused once the request is decided", async () => {
      const world = await requestWorld();
      const requestId = await world.request();
      await world.approve(requestId);
      await expect(world.request({ target: target("prod/other") }, requestId)).rejects.toThrow(AlreadyDecidedError);
    });

    it("is refused for another secret", async () => {
      const world = await requestWorld();
      const requestId = await world.request();
      await addEntry(world.store, "team-b/other", 1);
      const signed = world.signer.sign("envelope", {
        ...JSON.parse((await world.envelope({}, requestId)).bytes),
        content: contentOf({}, "team-b/other"),
      });
      await expect(acceptEnvelope(world.intake, signed)).rejects.toThrow(NotReplaceableError);
    });
  });

  it.each([
    ["the catalogue does not know", {}],
    ["is gone from Vault", { goneAt: new Date() }],
    ["sits on a mount that was replaced", { mountAccessor: "kv_other" }],
  ])("refuses a secret that %s", async (_case, patch) => {
    const world = await requestWorld();
    const signed = await world.envelope();
    if (Object.keys(patch).length === 0) await world.store.deleteFrom("entry").execute();
    else await world.store.updateTable("entry").set(patch).execute();
    await expect(acceptEnvelope(world.intake, signed)).rejects.toThrow(EntryUnknownError);
  });

  it("refuses bytes that were altered, a stranger's key, and another purpose's signature", async () => {
    const world = await requestWorld();
    const signed = await world.envelope();
    const altered = { ...signed, bytes: signed.bytes.replace("eu-central-1", "us-east-1") };
    const stranger = (await requestWorld()).signer.sign("envelope", JSON.parse(signed.bytes));
    const repurposed = world.signer.sign("approval", JSON.parse(signed.bytes));
    for (const forged of [altered, stranger, repurposed]) {
      await expect(acceptEnvelope(world.intake, forged)).rejects.toThrow(SignatureRefusedError);
    }
    expect(await world.store.selectFrom("request").select("id").execute()).toEqual([]);
  });
});

describe("sendRequest", () => {
  const credential = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
  it.each([
    ["reason", { reason: `use ${credential}` }],
    ["tag", { tags: { purpose: credential } }],
    ["name of a tag", { tags: { [credential]: "x" } }],
  ])("stores nothing when the %s looks like a credential", async (_field, patch) => {
    const world = await requestWorld();
    await expect(world.envelope(patch)).rejects.toThrow(LooksLikeSecretError);
    await expect(world.envelope(patch)).rejects.toMatchObject({ userMessage: expect.not.stringContaining(credential) });
    expect(await world.store.selectFrom("outbox").select("id").execute()).toEqual([]);
  });
});

describe("takeEnvelope", () => {
  it("records a refusal and tells the requester once, however often it comes", async () => {
    const world = await requestWorld();
    await world.request();
    const signed = await world.envelope();
    const first = await takeEnvelope(world.intake, signed);
    const second = await takeEnvelope(world.intake, signed);
    expect([first, second]).toEqual(Array(2).fill({ kind: "refused", code: "OPEN_REQUEST_EXISTS" }));
    const { id } = JSON.parse(signed.bytes);
    const notices = (await world.deliveries(`envelope:${id}`)).filter(({ kind }) => kind === "notice");
    expect(notices).toEqual([
      {
        kind: "notice",
        detail: expect.objectContaining({ event: "refused", to: ENGINEER, text: expect.stringContaining("RQ-1001") }),
      },
    ]);
    const refused = await world.store.selectFrom("intakeMessage").selectAll().where("envelopeId", "=", id).execute();
    expect(refused).toMatchObject([{ requestId: null, refusalCode: "OPEN_REQUEST_EXISTS" }]);
  });

  it("accepts what it can", async () => {
    const world = await requestWorld();
    const outcome = await takeEnvelope(world.intake, await world.envelope());
    expect(outcome).toEqual({ kind: "accepted", requestId: "RQ-1001" });
  });

  it("does not swallow a store that is down: the message stays on the queue", async () => {
    const world = await requestWorld();
    const signed = await world.envelope();
    await world.store.schema.alterTable("intakeMessage").renameTo("elsewhere").execute();
    await expect(takeEnvelope(world.intake, signed)).rejects.toThrow("intake_message");
  });
});
