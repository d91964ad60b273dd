import { describe, expect, it } from "vitest";
import { writeNames } from "../../src/catalog/entry-rows.ts";
import { type FindResult, findEntries } from "../../src/catalog/find-entries.ts";
import { SEES_ALL } from "../../src/catalog/visibility.ts";
import { kvMount } from "../fakes/catalog-source.ts";
import { freshStore } from "../fresh-store.ts";

async function catalogue(names: Record<string, readonly string[]>) {
  const { store } = await freshStore();
  for (const [mount, paths] of Object.entries(names)) await writeNames(store, kvMount(mount), paths, new Date());
  return { store, find: (text: string) => findEntries(store, text, SEES_ALL) };
}
const nearPaths = (result: FindResult): string[] => ("near" in result ? result.near.map(({ path }) => path) : []);

describe("findEntries", () => {
  it.each([
    ["as it is", "secret/team-a/stripe"],
    ["with a leading slash", "/secret/team-a/stripe"],
    ["with a slash at the end", "secret/team-a/stripe/"],
    ["as KV v2's API path", "secret/data/team-a/stripe"],
    ["as KV v2's metadata path", "v1/secret/metadata/team-a/stripe"],
    ["as a call of the CLI", "vault kv get -field=key secret/team-a/stripe"],
    ["as a call of the CLI with a mount", "vault kv get -mount=secret team-a/stripe"],
    ["as a mount and a path", "-mount=secret team-a/stripe"],
    [
      "as a link to Vault's pages",
      "https://vault.bank.example/ui/vault/secrets/secret/kv/team-a%2Fstripe/details?version=2",
    ],
    ["as a link to Vault's older pages", "<https://vault.bank.example/ui/vault/secrets/secret/show/team-a/stripe>"],
    ["in backticks", "`secret/team-a/stripe`"],
    ["with blanks around it", "  secret/team-a/stripe "],
  ])("finds the one entry typed %s", async (_how, typed) => {
    const { find } = await catalogue({ secret: ["team-a/stripe", "team-a/stripe-old", "team-b/stripe"] });
    expect(await find(typed)).toMatchObject({ kind: "one", entry: { path: "secret/team-a/stripe" } });
  });

  it("takes the entry that is really named like an API path before the one that is meant by habit", async () => {
    const { find } = await catalogue({ secret: ["data/app", "app"] });
    expect(await find("secret/data/app")).toMatchObject({ kind: "one", entry: { path: "secret/data/app" } });
    expect(await find("secret/data/data/app")).toMatchObject({ kind: "one", entry: { path: "secret/data/app" } });
  });

  it("keeps a blank at the edge of a name apart from none", async () => {
    const { find } = await catalogue({ secret: ["app ", "app"] });
    expect(await find("secret/app ")).toMatchObject({
      kind: "one",
      entry: { path: "secret/app ", shown: "secret/app␠" },
    });
    expect(await find("secret/app")).toMatchObject({ kind: "one", entry: { path: "secret/app", note: null } });
  });

  it("never takes a name that only looks alike, but offers it first", async () => {
    const { find } = await catalogue({ secret: ["Team-A/Stripe", "team-a/stripe-old"] });
    const result = await find("secret/team-a/stripe");
    expect(result.kind).toBe("none");
    expect(nearPaths(result)[0]).toBe("secret/Team-A/Stripe");
  });

  it("offers both spellings of an accent when what was typed is neither", async () => {
    const { find } = await catalogue({ secret: ["caf\u00e9", "cafe\u0301"] });
    const result = await find("secret/CAF\u00c9");
    expect(result).toMatchObject({ kind: "several" });
    expect(nearPaths(result).sort()).toEqual(["secret/cafe\u0301", "secret/caf\u00e9"]);
  });

  it("offers every mount that has the path when the mount was left out", async () => {
    const { find } = await catalogue({ secret: ["pay/stripe"], legacy: ["pay/stripe", "pay/stripe-2"] });
    const result = await find("pay/stripe");
    expect(result.kind).toBe("several");
    expect(nearPaths(result).slice(0, 2).sort()).toEqual(["legacy/pay/stripe", "secret/pay/stripe"]);
  });

  it("offers at most five names for a misspelling, the likeliest first", async () => {
    const many = Array.from({ length: 40 }, (_, n) => `payments/service-${n}/db`);
    const { find } = await catalogue({ secret: [...many, "payments/checkout/database"] });
    const result = await find("secret/payment/chekout/databse");
    expect(result.kind).toBe("none");
    expect(nearPaths(result)[0]).toBe("secret/payments/checkout/database");
    expect(nearPaths(result).length).toBeLessThanOrEqual(5);
  });

  it.each([
    [""],
    ["   "],
    ["zzz"],
    ["%"],
    ["_______"],
    ["\\"],
    ["a\u0000b"],
    ["x".repeat(5_000)],
    ["secret/'; drop table entry"],
  ])("finds nothing for %j and does not fail", async (typed) => {
    const { find } = await catalogue({ secret: ["team-a/stripe"] });
    expect(await find(typed)).toEqual({ kind: "none", near: [], hasMore: false });
  });

  it("still finds an entry that is gone, and says so", async () => {
    const { store, find } = await catalogue({ secret: ["app"] });
    await store.updateTable("entry").set({ goneAt: new Date() }).execute();
    expect(await find("secret/app")).toMatchObject({ kind: "one", entry: { isGone: true } });
  });
});
