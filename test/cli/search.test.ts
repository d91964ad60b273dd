import { describe, expect, it } from "vitest";
import { SearchFilterUnknownError } from "../../src/catalog/search/read-search-text.ts";
import { searchForTerminal } from "../../src/cli/search.ts";
import { fillEstate } from "../catalog/search/fill-estate.ts";
import { freshStore } from "../fresh-store.ts";
import { runCli } from "../world/run-cli.ts";

async function world() {
  const { store, url } = await freshStore();
  await fillEstate(store, [
    { mount: "apps", path: "prod/shop/stripe", keyNames: ["api_key"], customMetadata: { "cost centre": "42" } },
    { mount: "apps", path: "test/shop/stripe", keyNames: ["api_key", "red\u001b[31m"] },
  ]);
  return { store, url };
}

describe("glovebox search", () => {
  it("prints each hit with why it was found and what tells it apart", async () => {
    const { store } = await world();
    expect(await searchForTerminal(store, ["shop", "stripe"], { limit: 5 })).toEqual({
      ok: true,
      lines: [
        "  apps/prod/shop/stripe  prod  [words shop, stripe]",
        "  apps/test/shop/stripe  test  [words shop, stripe]",
      ],
    });
  });

  it("says that more fit, that what it shows is only near, and that nothing fits", async () => {
    const { store } = await world();
    expect((await searchForTerminal(store, ["stripe"], { limit: 1 })).lines.at(-1)).toContain("--limit 2");
    expect((await searchForTerminal(store, ["shopp", "strype"], { limit: 5 })).lines[0]).toContain("Near it");
    expect(await searchForTerminal(store, ["qqqq"], { limit: 5 })).toMatchObject({ ok: false });
  });

  it("takes filters as options, as words, and as words whose quotes the shell took off", async () => {
    const { store } = await world();
    const expected = { lines: [expect.stringContaining("apps/prod/shop/stripe")] };
    expect(await searchForTerminal(store, [], { limit: 5, tag: "cost centre=42" })).toMatchObject(expected);
    expect(await searchForTerminal(store, ["stripe", "tag:cost centre=42"], { limit: 5 })).toMatchObject(expected);
    await expect(searchForTerminal(store, ["colour:red"], { limit: 5 })).rejects.toThrow(SearchFilterUnknownError);
  });

  it("keeps control characters of a key name off the terminal", async () => {
    const { store } = await world();
    const { lines } = await searchForTerminal(store, [], { limit: 5, key: "red" });
    expect(lines.join("\n")).toContain("apps/test/shop/stripe");
    expect(lines.join("\n")).not.toContain("\u001b");
  });

  it("is a command, with JSON for programs and an exit code", async () => {
    const { url } = await world();
    const found = await runCli(["search", "stripe", "env:test", "--json"], { DATABASE_URL: url });
    expect(JSON.parse(found.stdout)).toMatchObject({ v: 1, hits: [{ path: "apps/test/shop/stripe" }], hasMore: false });
    const wrong = await runCli(["search", "colour:red"], { DATABASE_URL: url });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("SEARCH_FILTER_UNKNOWN")]);
  });
});
