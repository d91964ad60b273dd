import { describe, expect, it } from "vitest";
import { ApprovalStatement } from "../../../src/approvals/content.ts";
import { LooksLikeSecretError, NotAllowedError, OwnRequestError } from "../../../src/approvals/errors.ts";
import { withdrawRequest } from "../../../src/approvals/withdraw-request.ts";
import { approveBatch } from "../../../src/migration/waves/approve-batch.ts";
import { showSample } from "../../../src/migration/waves/look-at-sample.ts";
import { rejectBatch } from "../../../src/migration/waves/reject-batch.ts";
import { pickSample, sampleSize } from "../../../src/migration/waves/sample.ts";
import { BatchChangedError, BatchNotWaitingError, LookFirstError } from "../../../src/migration/waves/wave-errors.ts";
import { memberOf } from "../../../src/migration/waves/wave-member.ts";
import { APPROVER, APPROVERS_GROUP, ENGINEER, SECOND_APPROVER, STRANGER } from "../../approvals/request-world.ts";
import { waveWorld } from "./wave-world.ts";

const CLICK = { wave: "w1", number: 1, version: 1 };
const TWELVE = Array.from({ length: 12 }, (_, index) => `s${String(index).padStart(2, "0")}`);

describe("approving a batch", () => {
  it("signs one statement for each request, and holds every move until its turn", async () => {
    const { store, deps, asked, look, approve, settle, counts, batch, rung } = await waveWorld();
    await asked();
    await look(1);
    await approve(1);
    await settle();
    const statements = await store.selectFrom("statement").select("bytes").execute();
    expect(statements).toHaveLength(2);
    for (const { bytes } of statements) {
      expect(ApprovalStatement.parse(JSON.parse(bytes))).toMatchObject({
        approvers: [APPROVER],
        requester: ENGINEER,
        rule: "four-eyes-batch",
      });
    }
    expect((await batch(1)).state).toBe("approved");
    expect(await counts(1)).toEqual({ approved: 2 });
    expect(rung).toEqual([]);
    await expect(approveBatch(deps, { ...CLICK, by: APPROVER })).rejects.toThrow(BatchNotWaitingError);
    expect(await store.selectFrom("statement").select("id").execute()).toHaveLength(2);
  });

  it("needs a look at every page of the sample, by this very approver", async () => {
    const { deps, asked, look, store } = await waveWorld(TWELVE);
    await asked({ pilotSize: 12 });
    await expect(approveBatch(deps, { ...CLICK, by: APPROVER })).rejects.toThrow(LookFirstError);
    await look(1, SECOND_APPROVER);
    await expect(approveBatch(deps, { ...CLICK, by: APPROVER })).rejects.toThrow(LookFirstError);
    await look(1, APPROVER);
    await store.deleteFrom("waveLook").where("by", "=", APPROVER).where("page", "=", 2).execute();
    await expect(approveBatch(deps, { ...CLICK, by: APPROVER })).rejects.toThrow(LookFirstError);
    await approveBatch(deps, { ...CLICK, by: SECOND_APPROVER });
  });

  it.each([
    ["its requester, who is an approver too", ENGINEER, OwnRequestError],
    ["somebody outside the group", STRANGER, NotAllowedError],
  ])("is refused to %s", async (_who, by, expected) => {
    const { deps, asked, look, membership, batch } = await waveWorld();
    membership.groups[APPROVERS_GROUP]?.push(ENGINEER);
    await asked();
    await look(1, by);
    await expect(approveBatch(deps, { ...CLICK, by })).rejects.toThrow(expected);
    const no = { ...CLICK, by, reasonCode: "other", reason: "" };
    await expect(rejectBatch(deps, no)).rejects.toThrow(expected);
    expect((await batch(1)).state).toBe("waiting");
  });

  it("is refused for a card of another version", async () => {
    const { deps, asked, look } = await waveWorld();
    await asked();
    await look(1);
    await expect(approveBatch(deps, { ...CLICK, version: 2, by: APPROVER })).rejects.toThrow(BatchChangedError);
  });

  it("goes on after a crash in the middle, and repeats nothing", async () => {
    const { store, deps, asked, look, approve, settle, tick, counts } = await waveWorld();
    await asked({ pilotSize: 4 });
    await look(1);
    await approve(1);
    let signed = 0;
    const dying = { ...deps.signer, sign: deps.signer.sign };
    Object.assign(deps, {
      signer: {
        ...dying,
        sign: (...args: Parameters<typeof dying.sign>) => {
          signed += 1;
          if (signed === 3) throw new Error("killed");
          return dying.sign(...args);
        },
      },
    });
    await tick();
    expect(await counts(1)).toEqual({ approved: 2, waiting: 2 });
    await settle();
    expect(await counts(1)).toEqual({ approved: 4 });
    expect(await store.selectFrom("statement").select("id").execute()).toHaveLength(4);
  });

  it("lets what changed go its own way, and approves the rest", async () => {
    const { store, deps, asked, look, approve, settle, counts, requests, statusOf } = await waveWorld();
    await asked({ pilotSize: 4 });
    await look(1);
    const [moved = "", withdrawn = ""] = await requests(1);
    const ofMoved = store.selectFrom("request").select("entryId").where("id", "=", moved);
    await store.updateTable("entry").set({ currentVersion: 2 }).where("id", "in", ofMoved).execute();
    await approve(1);
    await withdrawRequest(deps, { requestId: withdrawn, by: ENGINEER });
    await settle();
    expect(await counts(1)).toEqual({ approved: 2, left: 1, withdrawn: 1 });
    expect(await statusOf(moved)).toBe("waiting");
    expect(await memberOf(store, moved)).toBeNull();
  });

  it("stops signing for an approver who left the group, and asks for the rest again", async () => {
    const { store, asked, look, approve, settle, membership, batch } = await waveWorld();
    await asked();
    await look(1);
    await approve(1);
    membership.groups[APPROVERS_GROUP] = [SECOND_APPROVER];
    await settle();
    expect(await store.selectFrom("statement").select("id").execute()).toEqual([]);
    expect(await batch(1)).toMatchObject({ state: "waiting", version: 2, decidedBy: null });
  });

  it.each([
    ["only a row says so", { decision: null }],
    ["the signed yes is of another batch", {}],
    ["the requests in it were altered", { decision: "altered" }],
  ])("signs nothing when %s", async (because, patch) => {
    const { store, asked, look, approve, settle, wave } = await waveWorld();
    await asked();
    await look(1);
    await approve(1);
    const { decision } = await store
      .selectFrom("waveBatch")
      .selectAll()
      .where("number", "=", 1)
      .executeTakeFirstOrThrow();
    const altered = "decision" in patch && patch.decision === "altered";
    await store
      .updateTable("waveBatch")
      .set(altered ? { decision: (decision ?? "").replace(APPROVER, SECOND_APPROVER) } : patch)
      .$if(because.includes("another batch"), (query) => query.set({ version: 2 }))
      .where("number", "=", 1)
      .execute();
    await settle();
    expect(await store.selectFrom("statement").select("id").execute()).toEqual([]);
    expect((await wave()).state).toBe("paused");
  });
});

describe("rejecting a batch", () => {
  it("rejects every request with the reason, and tells the requester once", async () => {
    const { store, deps, asked, settle, counts, requests, batch } = await waveWorld();
    await asked();
    await rejectBatch(deps, { ...CLICK, by: APPROVER, reasonCode: "wrong-time", reason: "after the freeze" });
    await settle();
    expect(await counts(1)).toEqual({ rejected: 2 });
    expect(await batch(1)).toMatchObject({ state: "rejected", reason: "Not now: after the freeze" });
    const decisions = await store
      .selectFrom("decision")
      .select(["requestId", "verdict", "reason"])
      .orderBy("requestId")
      .execute();
    expect(decisions.map(({ requestId }) => requestId)).toEqual(await requests(1));
    expect(new Set(decisions.map(({ reason }) => reason))).toEqual(new Set(["Not now: after the freeze"]));
    const told = await store
      .selectFrom("outbox")
      .select("detail")
      .where("subject", "=", "wave:w1")
      .where("kind", "=", "notice")
      .execute();
    expect(told.map(({ detail }) => detail.event)).toEqual(["batch-rejected"]);
  });

  it("refuses a reason that looks like a credential", async () => {
    const { deps, asked, batch } = await waveWorld();
    await asked();
    const reason = "use ghp_0123456789abcdefghijABCDEFGHIJ012345";
    const no = { ...CLICK, by: APPROVER, reasonCode: "other", reason };
    await expect(rejectBatch(deps, no)).rejects.toThrow(LooksLikeSecretError);
    expect((await batch(1)).state).toBe("waiting");
  });
});

describe("the sample", () => {
  it("is the same for everybody and another for another seed, and never doubles", () => {
    const items = Array.from({ length: 500 }, (_, index) => ({ envelopeId: `e${index}` }));
    const ids = (seed: string, of = items) => pickSample(of, seed).map(({ envelopeId }) => envelopeId);
    expect(ids("one")).toEqual(ids("one", items.toReversed()));
    expect(ids("one")).not.toEqual(ids("two"));
    expect(new Set(ids("one")).size).toBe(10);
  });

  it.each([
    [1, 1],
    [9, 9],
    [10, 10],
    [500, 10],
    [1_000, 20],
  ])("of %i has %i", (itemCount, expected) => expect(sampleSize(itemCount)).toBe(expected));

  it("shows the requests as they were signed, a page at a time", async () => {
    const { store, asked } = await waveWorld(TWELVE);
    await asked({ pilotSize: 12 });
    const first = await showSample(store, { ...CLICK, page: 1 });
    const second = await showSample(store, { ...CLICK, page: 2 });
    expect(first).toMatchObject({ pageCount: 2, sampleCount: 10, itemCount: 12 });
    const paths = [...first.items, ...second.items].map(({ content }) => content.source.path);
    expect(new Set(paths).size).toBe(10);
    expect(first.items[0]?.content.tags["owner-team"]).toBe("payments");
  });
});
