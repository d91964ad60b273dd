import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carryCustomMetadata } from "../../src/migration/custom-metadata-tags.ts";
import { keepTagOverflow, readTagOverflows } from "../../src/migration/keep-tag-overflow.ts";
import { tagFaults } from "../../src/migration/tag-faults.ts";
import { requestWorld } from "../approvals/request-world.ts";

const ALL = { tags: "all", prefix: "vault-" } as const;
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${100 + index}`, "v"]));

describe("carryCustomMetadata", () => {
  it("adds what was said first, then Vault's own under the prefix", () => {
    expect(carryCustomMetadata(ALL, { team: "a", ttl: "" }, { purpose: "p" })).toEqual({
      tags: { purpose: "p", "vault-team": "a", "vault-ttl": "" },
      total: 2,
      leftOut: [],
    });
  });

  it("takes what the rules choose, and counts that alone", () => {
    const custom = { team: "a", note: "b" };
    expect(carryCustomMetadata({ tags: "none", prefix: "" }, custom, {})).toEqual({ tags: {}, total: 0, leftOut: [] });
    expect(carryCustomMetadata({ tags: ["team", "x"], prefix: "" }, custom, {})).toMatchObject({
      tags: { team: "a" },
      total: 1,
    });
  });

  it.each([
    ["a value of 256 characters", { a: "x ".repeat(128) }, "255 characters"],
    ["a key that is too long", { ["x ".repeat(64)]: "v" }, "name is too long"],
    ["a character that AWS doesn't take", { a: "x;y" }, "a character"],
    ["the name of a field", { purpose: "other" }, "another tag has its name"],
    ["a name that AWS keeps", { "aws:x": "v" }, "AWS keeps its name"],
    ["a name of ours", { "glovebox-state": "sealed" }, "Glovebox sets that tag"],
    ["a name that sets what an object inherits", JSON.parse('{"__proto__":"v"}'), "can't be kept"],
    ["a name of an object's own", { constructor: "v" }, null],
  ])("leaves out %s, and keeps it", (_what, custom, reason) => {
    const { tags, leftOut } = carryCustomMetadata({ tags: "all", prefix: "" }, custom, { purpose: "p" });
    expect(tags.purpose).toBe("p");
    if (reason === null) expect(tags).toMatchObject(custom);
    else
      expect(leftOut).toEqual([
        { key: Object.keys(custom)[0], reason: expect.stringContaining(reason), value: Object.values(custom)[0] },
      ]);
  });

  it("neither writes nor keeps what looks like a credential, in a key or in a value", () => {
    const key = "ghp_0123456789abcdefghijABCDEFGHIJ456789";
    const { tags, leftOut } = carryCustomMetadata(ALL, { token: key, [key]: "v", password: "hunter2-Hunter2" }, {});
    expect(tags).toEqual({});
    expect(leftOut.map(({ reason, value }) => [reason, value])).toEqual(
      Array.from({ length: 3 }, () => ["it looks like a credential", null]),
    );
    expect(JSON.stringify(leftOut)).not.toContain(key);
    expect(JSON.stringify(leftOut)).not.toContain("unter2");
  });

  it("stops at AWS's fifty, ours among them", () => {
    const { tags, total, leftOut } = carryCustomMetadata(ALL, many(64), { purpose: "p" });
    expect(tagFaults(tags)).toEqual([]);
    expect([total, Object.keys(tags).length, leftOut.length]).toEqual([64, 46, 19]);
    expect(leftOut[0]).toEqual({ key: "k145", reason: "AWS takes no more tags", value: "v" });
  });

  it("makes no tag that AWS refuses, and loses no entry, whatever Vault holds", () => {
    const words = fc.string({ unit: "grapheme", maxLength: 300 });
    fc.assert(
      fc.property(
        fc.dictionary(words, words, { maxKeys: 64 }),
        fc.constantFrom("", "vault-", "a:"),
        (custom, prefix) => {
          const { tags, total, leftOut } = carryCustomMetadata({ tags: "all", prefix }, custom, { purpose: "p" });
          expect(tagFaults(tags)).toEqual([]);
          expect(Object.keys(tags).length - 1 + leftOut.length).toBe(total);
          expect(total).toBe(Object.keys(custom).length);
        },
      ),
    );
  });
});

describe("keepTagOverflow", () => {
  it("keeps what was left out of an entry, and forgets it when all goes along", async () => {
    const { store, entryId, clock } = await requestWorld();
    const leftOut = [{ key: "k", reason: "it has a character that AWS doesn't take", value: "a;b" }];
    for (const total of [3, 4]) await keepTagOverflow(store, { entryId, total, leftOut, at: clock.now() });
    expect((await readTagOverflows(store, [entryId])).get(entryId)).toEqual({ total: 4, leftOut });
    await keepTagOverflow(store, { entryId, total: 4, leftOut: [], at: clock.now() });
    expect((await readTagOverflows(store, [entryId])).size).toBe(0);
  });
});
