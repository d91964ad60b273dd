import { type KyselyPlugin, sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { findEntries } from "../../../src/catalog/find-entries.ts";
import { ROWS_AT_MOST } from "../../../src/catalog/search/find-rows.ts";
import { SearchFilterUnknownError } from "../../../src/catalog/search/read-search-text.ts";
import { searchEntries } from "../../../src/catalog/search/search-entries.ts";
import type { SearchFilters } from "../../../src/catalog/search/search-query.ts";
import { hiddenBy, SEES_ALL, type Viewer } from "../../../src/catalog/visibility.ts";
import { confirmMetadata } from "../../../src/metadata/confirm-metadata.ts";
import { plannedSources } from "../../../src/migration/planned-sources.ts";
import type { RequestStatus } from "../../../src/store/tables/requests.ts";
import { practiceBank, type SearchedEntry } from "./fill-estate.ts";
import { searchedEstate } from "./searched-estate.ts";

const KEYS = ["username", "password", "host"];

/** Written by hand: what people of several firms would call their secrets, with the traps in between. */
const BY_HAND: readonly SearchedEntry[] = [
  { mount: "apps", path: "prod/shop/stripe", keyNames: ["api_key", "webhook_secret"] },
  { mount: "apps", path: "staging/shop/stripe", keyNames: ["api_key", "webhook_secret"] },
  { mount: "apps", path: "prod/shop/postgres", keyNames: KEYS },
  { mount: "apps", path: "prod/warehouse/postgres", keyNames: KEYS },
  { mount: "apps", path: "live/warehouse/rabbitmq", keyNames: KEYS },
  { mount: "apps", path: "prod/warehouse/signing", keyNames: ["gpg_private_key", "passphrase"] },
  { mount: "apps", path: "prod/newsletter/mailgun", keyNames: ["smtp_password"] },
  { mount: "apps", path: "prod/website/tls", keyNames: ["tls.crt", "tls.key"] },
  { mount: "apps", path: "dev/website/tls", keyNames: ["tls.crt", "tls.key"] },
  { mount: "apps", path: "prod/website/session", keyNames: ["secret_key_base"] },
  { mount: "apps", path: "ci/nexus", keyNames: ["NEXUS_USER", "NEXUS_PASSWORD"] },
  { mount: "apps", path: "ci/sonarqube", keyNames: ["sonar_token"] },
  { mount: "apps", path: "orphan/x17", keyNames: ["value"], customMetadata: { owner: "team-logistics", cost: "4711" } },
  { mount: "apps", path: "partner/quayside-freight", keyNames: ["client_id", "client_secret"] },
  { mount: "apps", path: "prod/caf\u00e9/kiosk", keyNames: KEYS },
  { mount: "archive", path: "prod/shop/stripe", keyNames: ["api_key"] },
];

const estate = searchedEstate(() => [...practiceBank(3_000), ...BY_HAND]);
const search = (text: string, more: SearchFilters = {}, viewer = SEES_ALL, limit = 5) =>
  searchEntries(estate.store, { text, limit, ...more }, viewer);
const pathsOf = async (...asked: Parameters<typeof search>): Promise<string[]> =>
  (await search(...asked)).hits.map(({ path }) => path);

describe("a search finds first", () => {
  it.each([
    ["the path itself", "apps/prod/shop/postgres", "apps/prod/shop/postgres"],
    ["the end of a path", "warehouse/postgres", "apps/prod/warehouse/postgres"],
    ["a sentence", "the postgres password of the warehouse in production", "apps/prod/warehouse/postgres"],
    ["another environment by another name", "shop stripe staging", "apps/staging/shop/stripe"],
    ["what the path calls live", "rabbitmq of warehouse in prod", "apps/live/warehouse/rabbitmq"],
    ["a kind of secret by its common name", "certificate of the website in prod", "apps/prod/website/tls"],
    ["a kind of secret that only key names tell", "warehouse gpg key", "apps/prod/warehouse/signing"],
    ["a key name", "secret_key_base", "apps/prod/website/session"],
    ["a key name in other capitals", "nexus_password", "apps/ci/nexus"],
    ["the words of a key name", "sonar token", "apps/ci/sonarqube"],
    ["an owner out of custom metadata", "logistics", "apps/orphan/x17"],
    ["a value of custom metadata", "4711", "apps/orphan/x17"],
    ["a misspelling", "wearhouse postgress", "apps/prod/warehouse/postgres"],
    ["a misspelt path", "apps/prod/warehose/postgres", "apps/prod/warehouse/postgres"],
    ["the beginning of a word", "newsl", "apps/prod/newsletter/mailgun"],
    ["the beginnings of the last word", "shop postg", "apps/prod/shop/postgres"],
    ["a piece out of the middle", "ayside-fr", "apps/partner/quayside-freight"],
    ["a piece out of one word", "arqub", "apps/ci/sonarqube"],
    ["a piece with a digit", "phan/x1", "apps/orphan/x17"],
    ["an accent left out", "cafe kiosk", "apps/prod/caf\u00e9/kiosk"],
    ["a word too many", "warehouse rabbitmq live blahblah", "apps/live/warehouse/rabbitmq"],
  ])("%s: %s", async (_what, text, path) => {
    const [first] = await pathsOf(text);
    expect(first).toBe(path);
  });

  it("says why it found each, and what tells them apart", async () => {
    const { hits } = await search("shop stripe api_key");
    expect(hits.map(({ path }) => path).sort()).toEqual([
      "apps/prod/shop/stripe",
      "apps/staging/shop/stripe",
      "archive/prod/shop/stripe",
    ]);
    const byPath = new Map(hits.map((hit) => [hit.path, hit]));
    expect(byPath.get("apps/staging/shop/stripe")).toMatchObject({ apart: expect.stringContaining("staging") });
    expect(byPath.get("archive/prod/shop/stripe")?.apart).not.toBe(byPath.get("apps/prod/shop/stripe")?.apart);
    expect(hits[0]?.because).toContain("shop, stripe");
    expect((await search("sonar token")).hits[0]?.because).toBe("key name sonar_token");
    expect((await search("wearhouse signing")).hits[0]?.because).toContain("warehouse for wearhouse");
  });

  it("pages through more than fit, without a gap and without a double", async () => {
    const pages = await Promise.all(
      [0, 5, 10].map((offset) => searchEntries(estate.store, { text: "ledger prod", limit: 5, offset }, SEES_ALL)),
    );
    const found = pages.flatMap(({ hits }) => hits.map(({ entryId }) => entryId));
    expect(new Set(found).size).toBe(15);
    expect(pages.every(({ hasMore }) => hasMore)).toBe(true);
    expect(await search("warehouse signing")).toMatchObject({ hasMore: false });
  });
});

describe("filters", () => {
  const request = async (path: string, statuses: readonly RequestStatus[]): Promise<void> => {
    const { id } = await estate.store
      .selectFrom("entry")
      .select("id")
      .where("fullPath", "=", path)
      .executeTakeFirstOrThrow();
    for (const [place, status] of statuses.entries()) {
      const at = new Date(Date.UTC(2026, 5, 1 + place));
      await sql`
        insert into request (id, envelope_id, status, entry_id, requester, content, places, signature, key_id, created_at,
          changed_at, expires_at)
        values (${`RQ-${id}-${place}`}, gen_random_uuid(), ${status}, ${id}, 'U1', '{}',
          array[${`123456789012\neu-central-1\nrenamed/${path}`}], '', '', ${at}, ${at}, ${at})
      `.execute(estate.store);
    }
  };
  beforeAll(async () => {
    await request("apps/prod/shop/postgres", ["failed"]);
    await request("apps/prod/warehouse/postgres", ["failed", "migrated"]);
    await request("apps/ci/nexus", ["waiting"]);
    const gone = { goneAt: new Date() };
    await estate.store.updateTable("entry").set(gone).where("fullPath", "=", "apps/dev/website/tls").execute();
  });

  it.each<[string, string, string[]]>([
    ["state:failed", "postgres state:failed", ["apps/prod/shop/postgres"]],
    ["the newest request counts", "postgres state:migrated", ["apps/prod/warehouse/postgres"]],
    ["state:waiting alone", "state:waiting", ["apps/ci/nexus"]],
    ["nobody asked", 'ci mount:apps state:"not requested"', ["apps/ci/sonarqube"]],
    ["state:gone", "website state:gone", ["apps/dev/website/tls"]],
    ["tag:key", "tag:cost", ["apps/orphan/x17"]],
    ["tag:value", "tag:4711", ["apps/orphan/x17"]],
    ["tag:key=value", "tag:cost=4711", ["apps/orphan/x17"]],
    ["owner, however it is spelt", "owner:logistics", ["apps/orphan/x17"]],
    ["mount", "stripe mount:archive", ["archive/prod/shop/stripe"]],
    ["env", "env:staging shop", ["apps/staging/shop/stripe"]],
    ["a key name that is not finished", "mount:apps key:sonar_tok", ["apps/ci/sonarqube"]],
    ["the beginning of a word in a key name", "mount:apps key:passph", ["apps/prod/warehouse/signing"]],
    ["a key name that nothing begins with", "mount:apps key:sonar_tokens", []],
    ["type and key together", "type:payment-key key:webhook_secret mount:apps env:prod", ["apps/prod/shop/stripe"]],
  ])("%s: %s", async (_what, text, paths) => {
    expect(await pathsOf(text)).toEqual(paths);
  });

  it("combine, typed or given", async () => {
    const typed = await search("owner:payments engine:kv-v2 key:password", {}, SEES_ALL, 50);
    const given = await search("", { owner: "payments", engine: "kv-v2", key: "password" }, SEES_ALL, 50);
    expect(typed).toEqual(given);
    expect(typed.hits.length).toBeGreaterThan(3);
    expect(typed.hits[0]?.because).toBe("owner payments; engine kv-v2; key name password");
  });

  it("find by what a person confirmed, and no longer by what was guessed before", async () => {
    const { store } = estate;
    const { id } = await store
      .selectFrom("entry")
      .select("id")
      .where("fullPath", "=", "apps/partner/quayside-freight")
      .executeTakeFirstOrThrow();
    const confirm = (ownerTeam: string) =>
      confirmMetadata(store, { entryId: id, values: { ownerTeam }, by: "U0ERIN", now: new Date() });
    await confirm("harbour");
    expect(await pathsOf("owner:harbour")).toEqual(["apps/partner/quayside-freight"]);
    expect(await pathsOf("tag:harbour")).toEqual(["apps/partner/quayside-freight"]);
    await confirm("docks");
    expect(await pathsOf("owner:harbour")).toEqual([]);
    expect(await pathsOf("docks freight")).toEqual(["apps/partner/quayside-freight"]);
  });

  it.each(["colour:red stripe", "state:sideways"])("are explained where there are none such: %s", async (text) => {
    await expect(search(text)).rejects.toThrow(SearchFilterUnknownError);
  });

  it("find a target that a request named, by name and by ARN, with the suffix or without", async () => {
    const name = "renamed/apps/ci/nexus";
    const arn = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}`;
    for (const text of [name, arn, `${arn}-Ab3dEf`, `\`${arn}-Ab3dEf\``]) {
      const found = await findEntries(estate.store, text, SEES_ALL);
      expect(found).toMatchObject({
        kind: "one",
        entry: { path: "apps/ci/nexus" },
        because: expect.stringContaining(name),
      });
    }
    const elsewhere = arn.replace("123456789012", "999999999999");
    expect(await findEntries(estate.store, elsewhere, SEES_ALL)).toMatchObject({ kind: "none" });
  });

  it("find a target that nobody asked for yet, by the name that it would get", async () => {
    const planned = plannedSources([{ namePrefix: "migrated/" }]);
    const found = await findEntries(estate.store, "migrated/apps/prod/caf=C3=A9/kiosk", SEES_ALL, planned);
    expect(found).toMatchObject({ kind: "one", entry: { path: "apps/prod/caf\u00e9/kiosk" } });
  });
});

describe("findEntries", () => {
  it("takes a sentence that means one secret, and lists several with what tells them apart", async () => {
    expect(await findEntries(estate.store, "the mailgun login of the newsletter", SEES_ALL)).toMatchObject({
      kind: "one",
      entry: { path: "apps/prod/newsletter/mailgun" },
    });
    const several = await findEntries(estate.store, "stripe key of shop", SEES_ALL);
    expect(several).toMatchObject({ kind: "several" });
    const apart = "near" in several ? several.near.map((hit) => hit.apart) : [];
    expect(new Set(apart).size).toBe(3);
  });

  it("never takes another secret because a path that is not there has the same words", async () => {
    expect(await findEntries(estate.store, "apps/shop/prod/postgres", SEES_ALL)).toMatchObject({
      kind: "none",
      near: [{ path: "apps/prod/shop/postgres" }],
    });
  });
});

describe("hostile text", () => {
  it("of very many words asks the database no more often than one of two", async () => {
    let count = 0;
    const counting = {
      transformQuery: ({ node }: { node: unknown }) => {
        count += 1;
        return node;
      },
      transformResult: async ({ result }: { result: unknown }) => result,
    } as KyselyPlugin;
    for (const text of ["xq-zq", `xq-${"of-".repeat(700)}zq`]) {
      count = 0;
      await searchEntries(estate.store.withPlugin(counting), { text, limit: 5 }, SEES_ALL);
      expect(count, text.slice(0, 20)).toBeLessThan(12);
    }
  });

  it.each([
    ["ten thousand characters", "x".repeat(10_000)],
    ["ten thousand words", "ab ".repeat(3_000)],
    ["two thousand characters", "prod/".repeat(400)],
    ["percent and underscore", "%_%"],
    ["one percent", "%"],
    ["quotes", "'\"`''''"],
    ["operators of a tsquery", "prod & ! | <-> stripe:* ( ) ':A"],
    ["a backslash at the end", "stripe\\"],
    ["NUL", "str\u0000ipe"],
    ["right to left", "\u202Eegap\u202C"],
    ["a lone surrogate", "\ud800abc"],
    ["mrkdwn", "<!channel> *stripe* _x_ <https://e.example|y>"],
    ["a filter full of operators", "owner:'|! key:':* tag:\\"],
    ["a filter left open", 'owner:"payments'],
    ["nothing but filters' names", "owner: tag: state:"],
    ["blanks alone", "  \t \n "],
  ])("does not break the search: %s", async (_what, text) => {
    const { hits } = await searchEntries(estate.store, { text, limit: 5 }, SEES_ALL, true);
    expect(hits.length).toBeLessThanOrEqual(5);
    await expect(findEntries(estate.store, text, SEES_ALL)).resolves.toBeDefined();
  });
});

describe("what a viewer may not see", () => {
  const treasury = {
    paths: ["**/*treasury*/**", "**/*TREASURY*", "**/treasury/**"],
    seenBy: { users: [], usergroups: ["S1"] },
    ask: "#treasury-help",
  };
  const outsider: Viewer = { hidden: [treasury], seen: [], fault: null };
  const emptied = searchedEstate(() => [
    ...practiceBank(3_000).filter(({ mount, path }) => hiddenBy(outsider, `${mount}/${path}`) === null),
    ...BY_HAND,
  ]);

  it("is answered as if it were not there, to whatever is asked", async () => {
    const asked = [
      ...["treasury", "treasury prod", "owner:treasury", "treasury ledger db in production", "trasury", "treas"],
      ...[
        "secret/treasury",
        "treasury/ledger/prod/db",
        "ledger prod",
        "db",
        "TREASURY_LEDGER",
        "key:password",
        "env:prod",
      ],
      ...["migrated/treasury", "reasur", "env:prod type:payment-key", "acquirer", "stripe", "kv/treasury-ledger-prod"],
    ];
    const withoutIds = async (store: typeof estate.store, text: string, viewer: Viewer) => {
      const found = await searchEntries(store, { text, limit: 200 }, viewer);
      return {
        ...found,
        hits: found.hits.map(({ entryId: _, ...hit }) => hit).sort((a, b) => (a.path < b.path ? -1 : 1)),
      };
    };
    for (const text of asked) {
      const hidden = await withoutIds(estate.store, text, outsider);
      expect(hidden.hits.filter(({ path }) => /treasury/i.test(path))).toEqual([]);
      // Where more fit than are looked at, which of them come may differ: by their order in the table, not by what is hidden.
      const isWhole = hidden.hits.length < ROWS_AT_MOST;
      if (isWhole) expect(hidden).toEqual(await withoutIds(emptied.store, text, SEES_ALL));
    }
    expect((await search("treasury", {}, SEES_ALL, 50)).hits.length).toBeGreaterThan(20);
  });

  it("is refused with the same words whether it is there or not", async () => {
    const planned = plannedSources([{ namePrefix: "migrated/" }]);
    const typed = [
      "secret/treasury/ledger/prod/db",
      "secret/treasury/nothing/here",
      "secret/data/treasury/ledger/prod/db",
    ];
    for (const text of [...typed, "migrated/secret/treasury/ledger/prod/db"]) {
      const found = await findEntries(estate.store, text, outsider, planned);
      expect(found).toEqual({ kind: "hidden", rule: treasury });
      expect(await findEntries(emptied.store, text, outsider, planned)).toEqual(found);
    }
  });
});
