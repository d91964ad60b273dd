import { describe, expect, it } from "vitest";
import { writeDetails, writeNames } from "../../src/catalog/entry-rows.ts";
import { confirmMetadata } from "../../src/metadata/confirm-metadata.ts";
import { identifyEntries } from "../../src/metadata/identify-entries.ts";
import { suggestMetadata } from "../../src/metadata/suggest-metadata.ts";
import type { FieldOptions } from "../../src/metadata/suggestion.ts";
import { kvMount } from "../fakes/catalog-source.ts";
import { freshStore } from "../fresh-store.ts";

const AT = new Date("2026-06-01T09:00:00Z");
const LATER = new Date("2026-06-02T09:00:00Z");

async function world(paths: readonly string[]) {
  const { store } = await freshStore();
  await writeNames(store, kvMount("secret"), paths, AT);
  const rows = await store.selectFrom("entry").select(["id", "path"]).execute();
  const idOf = (path: string): number => rows.find((row) => row.path === path)?.id ?? Number.NaN;
  const identify = (options: FieldOptions = {}, batchSize = 2, now = AT) =>
    identifyEntries({ store, now: () => now, options, batchSize });
  const factOf = (path: string) =>
    store.selectFrom("entryFact").selectAll().where("entryId", "=", idOf(path)).executeTakeFirstOrThrow();
  const suggestionsOf = (path: string) =>
    store.selectFrom("metadataSuggestion").selectAll().where("entryId", "=", idOf(path)).orderBy("field").execute();
  const describeIt = (path: string, keyNames: string[], customMetadata: Record<string, string> = {}) =>
    writeDetails(store, [
      { id: idOf(path), currentVersion: 1, versions: [], keyNames, customMetadata, createdAt: AT, updatedAt: AT },
    ]);
  const confirm = (path: string, values: Record<string, string>) =>
    confirmMetadata(store, { entryId: idOf(path), values, by: "U0ANNA", now: AT });
  return { store, idOf, identify, factOf, suggestionsOf, describeIt, confirm };
}

describe("identifyEntries", () => {
  it("says of every entry what its names tell, and stores it beside it", async () => {
    const { identify, factOf, suggestionsOf } = await world(["team-pay/checkout/prod/stripe", "x/zeta", "a", "b", "c"]);
    expect(await identify()).toBe(5);
    expect(await factOf("team-pay/checkout/prod/stripe")).toMatchObject({
      ...{ ownerTeam: "team-pay", isOwnerConfirmed: false, purpose: "payment-key", application: "checkout" },
      ...{ environment: "prod", classification: "restricted" },
    });
    expect(await factOf("a")).toMatchObject({ ownerTeam: null, purpose: null, environment: null });
    const [application] = await suggestionsOf("team-pay/checkout/prod/stripe");
    expect(application).toMatchObject({ field: "application", source: "rules", evidence: "`checkout` in the path" });
  });

  it("looks at nothing twice, and at what changed again", async () => {
    const { identify, describeIt, factOf, suggestionsOf } = await world(["app/one", "app/two", "app/three"]);
    await identify();
    const before = await suggestionsOf("app/two");
    expect(await identify({}, 2, LATER)).toBe(0);
    await describeIt("app/one", ["db_password", "db_user"]);
    expect(await identify({}, 2, LATER)).toBe(1);
    expect((await factOf("app/one")).purpose).toBe("database-credential");
    expect(await suggestionsOf("app/two")).toEqual(before);
  });

  it("takes back what names no longer say", async () => {
    const { identify, describeIt, factOf, suggestionsOf } = await world(["app/one"]);
    await describeIt("app/one", ["db_password"], { owner: "team-ledger" });
    await identify();
    expect((await factOf("app/one")).ownerTeam).toBe("team-ledger");
    await describeIt("app/one", ["value"], {});
    await identify();
    expect((await factOf("app/one")).ownerTeam).toBeNull();
    expect((await suggestionsOf("app/one")).map(({ source }) => source)).not.toContain("vault-metadata");
  });

  it("goes on where a pass broke off", async () => {
    const { store, identify } = await world(["a/1", "a/2", "a/3", "a/4", "a/5"]);
    let seen = 0;
    const broken = identifyEntries({
      ...{ store, now: () => AT, batchSize: 2 },
      report: (count) => {
        seen = count;
        if (count === 4) throw new Error("killed");
      },
    });
    await expect(broken).rejects.toThrow("killed");
    expect(seen).toBe(4);
    expect(await identify()).toBe(1);
  });

  it("does no harm when two run at once", async () => {
    const { store, identify } = await world(Array.from({ length: 40 }, (_, n) => `team-a/app-${n}/prod/db`));
    await Promise.all([identify({}, 7), identify({}, 7)]);
    expect(await identify()).toBe(0);
    const { count } = await store
      .selectFrom("entryFact")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("environment", "=", "prod")
      .executeTakeFirstOrThrow();
    expect(count).toBe(40);
  });

  it("spells values as the form's lists do, and looks at everything again when a list changes", async () => {
    const { identify, factOf, store } = await world(["team-pay/checkout/live/stripe"]);
    await identify({ environment: ["Production", "Test"] });
    expect((await factOf("team-pay/checkout/live/stripe")).environment).toBe("Production");
    const found = await store.selectFrom("factWord").select("words").where("value", "=", "Production").execute();
    expect(found[0]?.words).toContain("prod");
    expect(await identify({ environment: ["prod"] })).toBe(1);
    expect((await factOf("team-pay/checkout/live/stripe")).environment).toBe("prod");
  });

  it("leaves alone what people confirmed, and what neighbours and models said", async () => {
    const { store, idOf, identify, factOf, confirm, suggestionsOf } = await world(["team-pay/app/prod/db", "x/zeta"]);
    const classify = async () => [
      { field: "purpose", value: "license-key", source: "llm", evidence: "names", confidence: 0.9 } as const,
    ];
    await suggestMetadata({ store, classifier: { classify }, now: () => AT }, idOf("x/zeta"));
    await confirm("team-pay/app/prod/db", { ownerTeam: "ledger" });
    await identify();
    expect((await suggestionsOf("x/zeta")).some(({ source }) => source === "llm")).toBe(true);
    expect(await factOf("team-pay/app/prod/db")).toMatchObject({ ownerTeam: "ledger", isOwnerConfirmed: true });
  });
});

describe("the facts of an entry", () => {
  it("follow what anybody writes, without being asked", async () => {
    const { store, idOf, identify, factOf, confirm } = await world(["team-pay/app/prod/db"]);
    const path = "team-pay/app/prod/db";
    await identify();
    await confirm(path, { purpose: "api-key" });
    expect((await factOf(path)).purpose).toBe("api-key");
    await store.deleteFrom("metadataConfirmation").where("entryId", "=", idOf(path)).execute();
    expect((await factOf(path)).purpose).toBe("database-credential");
  });

  it("take a model's word only where there is no likelier one", async () => {
    const { store, idOf, factOf, identify } = await world(["team-pay/app/prod/db", "x/zeta"]);
    await identify();
    const say = (path: string) =>
      store
        .insertInto("metadataSuggestion")
        .values({
          ...{ entryId: idOf(path), field: "purpose", value: "license-key", source: "llm", evidence: "names" },
          ...{ confidence: 0.99, suggestedAt: AT },
        })
        .execute();
    await say("team-pay/app/prod/db");
    await say("x/zeta");
    expect((await factOf("team-pay/app/prod/db")).purpose).toBe("database-credential");
    expect((await factOf("x/zeta")).purpose).toBe("license-key");
  });
});
