import { describe, expect, it } from "vitest";
import { LooksLikeSecretError, NotRequesterError } from "../../../src/approvals/errors.ts";
import { SignatureRefusedError } from "../../../src/approvals/read-signed.ts";
import { confirmWave, dropWave } from "../../../src/migration/waves/confirm-wave.ts";
import { createWave } from "../../../src/migration/waves/create-wave.ts";
import { WaveEmptyError, WaveNameTakenError, WaveNotPossibleError } from "../../../src/migration/waves/wave-errors.ts";
import { readWaveFile } from "../../../src/migration/waves/wave-file.ts";
import { parseWaveFilter } from "../../../src/migration/waves/wave-filter.ts";
import { ENGINEER, STRANGER } from "../../approvals/request-world.ts";
import { addSecrets, planMount } from "../plan-world.ts";
import { confirmAll, draftOf, waveWorld } from "./wave-world.ts";

const filterOf = (text: string) => {
  const parsed = parseWaveFilter(text);
  if ("faults" in parsed) throw new Error(parsed.faults.join(" "));
  return { kind: "filter", filter: parsed.filter } as const;
};
const linesOf = (text: string) => {
  const read = readWaveFile(text);
  if ("fault" in read) throw new Error(read.fault);
  return { kind: "lines", lines: read.lines } as const;
};

describe("the draft of a wave", () => {
  it("splits what is ready into batches, the pilot first, and asks for nothing yet", async () => {
    const { store, create } = await waveWorld();
    const made = await createWave(create, draftOf());
    expect(made).toEqual({ itemCount: 6, batchSizes: [2, 3, 1], exceptions: [] });
    const items = await store.selectFrom("waveItem").selectAll().orderBy("position").execute();
    expect(items.map(({ batch }) => batch)).toEqual([1, 1, 2, 2, 2, 3]);
    expect(JSON.parse(items[0]?.content ?? "")).toMatchObject({
      source: { mount: "secret", path: "a" },
      target: { name: "vault/secret/a" },
      tags: { "owner-team": "payments", environment: "prod" },
      requester: ENGINEER,
    });
    expect(await store.selectFrom("request").selectAll().execute()).toEqual([]);
    const outbox = await store.selectFrom("outbox").select(["kind", "subject"]).execute();
    expect(outbox).toEqual([{ kind: "redraw", subject: "wave:w1" }]);
  });

  it("names everything that can't be taken in, with reason and next step", async () => {
    const { store, create } = await waveWorld(["ready", "steady", "twin", "Twin", "untold"]);
    await store.deleteFrom("metadataConfirmation").execute();
    await confirmAll(store, ["untold"]);
    await addSecrets(store, planMount("secret"), { deleted: { isDeleted: true }, "wild*card": {} });
    const { itemCount, exceptions } = await createWave(create, draftOf());
    expect(itemCount).toBe(2);
    expect(exceptions.map(({ name, code }) => `${name} ${code}`)).toEqual([
      "secret/Twin LOOKS_ALIKE",
      "secret/deleted VERSION_DELETED",
      "secret/twin LOOKS_ALIKE",
      "secret/untold METADATA_MISSING",
      "secret/wild*card PATH_NOT_GRANTABLE",
    ]);
    for (const { reason, nextStep } of exceptions) {
      expect(reason.length).toBeGreaterThan(10);
      expect(nextStep.length).toBeGreaterThan(10);
    }
    expect(await store.selectFrom("waveException").select("name").execute()).toHaveLength(5);
  });

  it("takes a file's lines in their order, and names unknown and doubled ones by their number", async () => {
    const { store, create } = await waveWorld();
    const selection = linesOf("# pilot\r\nsecret/c\r\n\r\nsecret/nobody\r\nsecret/a\r\nsecret/c\r\n");
    const { itemCount, exceptions } = await createWave(create, draftOf({ selection }));
    expect(itemCount).toBe(2);
    expect(exceptions.map(({ place, name, code }) => [place, name, code])).toEqual([
      ["line 4", "secret/nobody", "UNKNOWN_NAME"],
      ["line 6", "secret/c", "DOUBLED_LINE"],
    ]);
    const items = await store.selectFrom("waveItem").select("content").orderBy("position").execute();
    expect(items.map(({ content }) => JSON.parse(content).source.path)).toEqual(["c", "a"]);
  });

  it("takes a plan's CSV by its numbers, and not a number that belongs to another path", async () => {
    const { store, create } = await waveWorld();
    const ids = await store.selectFrom("entry").select(["id", "path"]).orderBy("path").execute();
    const idOf = (path: string) => ids.find((entry) => entry.path === path)?.id;
    const csv = `\uFEFFentry_id,kind,namespace,mount,path\r\n${idOf("a")},secret,,secret,a\r\n${idOf("b")},secret,,secret,"c"\r\n999999,secret,,secret,d\r\n`;
    const { itemCount, exceptions } = await createWave(create, draftOf({ selection: linesOf(csv) }));
    expect(itemCount).toBe(1);
    expect(exceptions.map(({ place, code }) => [place, code])).toEqual([
      ["line 3", "LINE_MISMATCH"],
      ["line 4", "LINE_MISMATCH"],
    ]);
  });

  it.each([
    ["path=a*", ["a", "ab"]],
    ["owner=cards", ["ab"]],
    ["mount=secret path=b owner=payments lane=standard", ["b"]],
  ])("chooses by %s", async (text, expected) => {
    const { store, create } = await waveWorld(["a", "ab", "b"]);
    const ofPath = store.selectFrom("entry").select("id").where("path", "=", "ab");
    await store
      .updateTable("metadataConfirmation")
      .set({ value: "cards" })
      .where("field", "=", "ownerTeam")
      .where("entryId", "in", ofPath)
      .execute();
    await createWave(create, draftOf({ selection: filterOf(text) }));
    const items = await store.selectFrom("waveItem").select("content").orderBy("position").execute();
    expect(items.map(({ content }) => JSON.parse(content).source.path)).toEqual(expected);
  });

  it.each([
    ["nothing fits", { selection: filterOf("mount=nowhere") }, WaveEmptyError],
    [
      "the reason looks like a credential",
      { reason: "token ghp_0123456789abcdefghijABCDEFGHIJ012345" },
      LooksLikeSecretError,
    ],
  ])("makes nothing when %s", async (_because, patch, expected) => {
    const { store, create } = await waveWorld();
    await expect(createWave(create, draftOf(patch))).rejects.toThrow(expected);
    expect(await store.selectFrom("wave").selectAll().execute()).toEqual([]);
  });

  it("refuses a name that is taken, and leaves the first wave as it is", async () => {
    const { store, create } = await waveWorld();
    await createWave(create, draftOf());
    await expect(createWave(create, draftOf({ pilotSize: 5 }))).rejects.toThrow(WaveNameTakenError);
    expect(await store.selectFrom("waveItem").select("envelopeId").execute()).toHaveLength(6);
  });
});

describe("confirming a draft", () => {
  it("is for the requester alone, and once", async () => {
    const { create, deps, wave } = await waveWorld();
    await createWave(create, draftOf());
    await expect(confirmWave(deps, { wave: "w1", by: STRANGER })).rejects.toThrow(NotRequesterError);
    await expect(dropWave(deps, { wave: "w1", by: STRANGER })).rejects.toThrow(NotRequesterError);
    await confirmWave(deps, { wave: "w1", by: ENGINEER });
    expect((await wave()).state).toBe("open");
    await expect(confirmWave(deps, { wave: "w1", by: ENGINEER })).rejects.toThrow(WaveNotPossibleError);
    await expect(dropWave(deps, { wave: "w1", by: ENGINEER })).rejects.toThrow(WaveNotPossibleError);
  });

  it("makes one signed request for each item of the pilot, in the requester's name, and of nothing else", async () => {
    const { store, asked, counts, batch } = await waveWorld();
    await asked();
    const requests = await store.selectFrom("request").selectAll().orderBy("id").execute();
    expect(requests.map(({ requester, status }) => [requester, status])).toEqual([
      [ENGINEER, "waiting"],
      [ENGINEER, "waiting"],
    ]);
    expect(JSON.parse(requests[0]?.content ?? "")).toMatchObject({ producer: "slack", replaces: null });
    expect(await counts()).toEqual({ waiting: 2, planned: 4 });
    expect((await batch(1)).state).toBe("waiting");
  });

  it("signs nothing of a draft that was altered before it was confirmed", async () => {
    const { store, create, deps } = await waveWorld();
    await createWave(create, draftOf());
    await alterTarget(store);
    await expect(confirmWave(deps, { wave: "w1", by: ENGINEER })).rejects.toThrow(SignatureRefusedError);
  });

  it("signs nothing of a batch that was altered after it was confirmed, and pauses", async () => {
    const { store, create, deps, settle, wave, reported } = await waveWorld();
    await createWave(create, draftOf());
    await confirmWave(deps, { wave: "w1", by: ENGINEER });
    await alterTarget(store);
    await settle();
    expect(await store.selectFrom("request").selectAll().execute()).toEqual([]);
    expect(reported).toContain("SIGNATURE_REFUSED");
    expect(await wave()).toMatchObject({ state: "paused", pauseReason: expect.stringContaining("SIGNATURE_REFUSED") });
  });

  it("signs nothing of a wave that only a row calls confirmed", async () => {
    const { store, create, settle } = await waveWorld();
    await createWave(create, draftOf());
    await store.updateTable("wave").set({ state: "open" }).execute();
    await settle();
    expect(await store.selectFrom("request").selectAll().execute()).toEqual([]);
  });

  it("lets go what pre-flight stops, and what somebody else asked for meanwhile", async () => {
    const { store, create, deps, settle, faults, counts } = await waveWorld();
    await createWave(create, draftOf({ pilotSize: 4 }));
    const { entryId } = await store
      .selectFrom("waveItem")
      .select("entryId")
      .where("position", "=", 2)
      .executeTakeFirstOrThrow();
    faults.set(entryId, { code: "TARGET_TAKEN", text: "It is taken.", field: "target", blocks: true });
    await confirmWave(deps, { wave: "w1", by: ENGINEER });
    await settle();
    expect(await counts(1)).toEqual({ waiting: 3, left: 1 });
    const left = await store
      .selectFrom("waveItem")
      .select(["position", "leftCode"])
      .where("leftCode", "is not", null)
      .execute();
    expect(left).toEqual([{ position: 2, leftCode: "TARGET_TAKEN" }]);
  });
});

async function alterTarget(store: Awaited<ReturnType<typeof waveWorld>>["store"]): Promise<void> {
  const item = await store.selectFrom("waveItem").selectAll().where("position", "=", 1).executeTakeFirstOrThrow();
  const content = item.content.replace("vault/secret/a", "vault/secret/z");
  await store.updateTable("waveItem").set({ content }).where("envelopeId", "=", item.envelopeId).execute();
}

describe("parseWaveFilter", () => {
  it.each([
    ["", "empty"],
    ["colour=red", "colour=red"],
    ["secret/a", "secret/a"],
    ["path=", "says nothing"],
    ["path=a path=b", "said twice"],
    ['path="a', "no partner"],
  ])("refuses %j and says why", (text, expected) => {
    expect(parseWaveFilter(text)).toEqual({ faults: [expect.stringContaining(expected)] });
  });

  it("takes blanks in quotation marks", () => {
    expect(parseWaveFilter('owner="team a" path=x/*')).toEqual({ filter: { owner: "team a", path: "x/*" } });
  });
});
