import { describe, expect, it } from "vitest";
import { askedWords } from "../../../src/catalog/search/asked-words.ts";
import { entryWords } from "../../../src/catalog/search/entry-words.ts";
import type { FoundRow } from "../../../src/catalog/search/find-rows.ts";
import { lexeme, lexemesOf, queryOf } from "../../../src/catalog/search/lexeme.ts";
import { readSearchText, SearchFilterUnknownError } from "../../../src/catalog/search/read-search-text.ts";
import { searchStateOf } from "../../../src/catalog/search/search-query.ts";
import { tellApart } from "../../../src/catalog/search/tell-apart.ts";

describe("readSearchText", () => {
  it("takes the filters out of what was typed", () => {
    const typed = 'owner:payments  stripe engine:kv-v2 tag:"cost centre=42" state:"not requested" checkout';
    expect(readSearchText(typed)).toEqual({
      words: "stripe checkout",
      filters: { owner: "payments", engine: "kv-v2", tag: "cost centre=42", state: "not requested" },
    });
  });

  it.each([
    ["an ARN", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:migrated/db-AbCdEf"],
    ["a link", "https://vault.bank.example/ui/vault/secrets/secret/kv/app"],
    ["a colon inside a word", "secret/app/db:main"],
    ["a colon with nothing behind it", "owner: payments"],
  ])("leaves %s alone", (_what, typed) => {
    expect(readSearchText(typed)).toEqual({ words: typed, filters: {} });
  });

  it("explains a filter that there is not, and takes it in quotes as it stands", () => {
    expect(() => readSearchText("colour:red stripe")).toThrow(SearchFilterUnknownError);
    expect(readSearchText('"colour:red" stripe').words).toBe("colour:red stripe");
    expect(readSearchText("colour:red stripe", true).words).toBe("colour:red stripe");
    try {
      readSearchText("colour:red");
    } catch (error) {
      expect((error as SearchFilterUnknownError).userMessage).toContain("Filters are owner, tag, state, engine, key,");
    }
  });
});

describe("askedWords", () => {
  it.each([
    ["the stripe key of checkout in prod", ["stripe", "checkout", "prod"], ["key"]],
    ["Which password does the ledger use?", ["ledger"], ["password"]],
    ["secrets of team-payments", ["payments"], []],
    ["password", ["password"], []],
    ["the secret", ["the", "secret"], []],
    ["secret/the/key", ["secret", "the", "key"], []],
    ["apiKey of Café", ["api", "cafe"], ["key"]],
  ])("%s", (text, needed, wished) => {
    expect(askedWords(text)).toEqual({ needed, wished });
  });
});

describe("lexemes", () => {
  it("are the same however accents, width and case are spelt", () => {
    expect(lexemesOf("cafe\u0301 ＤＢ")).toEqual(lexemesOf("CAFÉ db"));
    expect(lexeme("a".repeat(500))).toHaveLength(120);
  });
  it("keep what could end a query where it belongs", () => {
    expect(queryOf("it's \\ here", true)).toBe("'it''s \\\\ here':*");
  });
});

it("entryWords answer filters by words that no name can have", () => {
  const words = entryWords({
    namespace: "",
    mount: "platform/shared",
    engine: "kv-v2",
    path: "Team-A/stripe_prod",
    keyNames: ["apiKey"],
    customMetadata: { "Cost Centre": "42 EUR" },
  });
  expect(words).toEqual(
    expect.arrayContaining([
      "platform",
      "team",
      "a",
      "stripe",
      "prod",
      "api",
      "key",
      "42",
      "eur",
      ":key:apikey",
      ":key:api",
    ]),
  );
  expect(words).toEqual(
    expect.arrayContaining([":tag:cost centre", ":tag:42 eur", ":tag:cost centre=42 eur", ":end:team-a/stripe_prod"]),
  );
  expect(words).toEqual(expect.arrayContaining([":end:stripe_prod", ":mount:platform/shared", ":engine:kv-v2"]));
});

it.each([
  ["Failed", "failed"],
  ["none", "not requested"],
  ["moved", "migrated"],
  ["nonsense", null],
])("the state %s is %s", (typed, state) => {
  expect(searchStateOf(typed)).toBe(state);
});

describe("tellApart", () => {
  const row = (traits: Partial<FoundRow>): Parameters<typeof tellApart>[0][number] => ({
    ...{ id: 1, fullPath: "secret/a", goneAt: null, mount: "secret", engine: "kv-v2", keyNames: null, state: null },
    ...{ vaultUpdatedAt: null, ownerTeam: null, environment: null, purpose: null, application: null },
    ...traits,
  });

  it("names what differs and nothing that all share", () => {
    const rows = [
      row({ environment: "prod", ownerTeam: "payments", mount: "secret" }),
      row({ environment: "test", ownerTeam: "payments", mount: "secret" }),
    ];
    expect(tellApart(rows)).toEqual(["prod", "test"]);
  });

  it("goes on until each stands alone", () => {
    const rows = [
      row({ environment: "prod", mount: "secret" }),
      row({ environment: "prod", mount: "kv" }),
      row({ environment: "test", mount: "kv" }),
    ];
    expect(tellApart(rows)).toEqual(["prod, mount secret", "prod, mount kv", "test, mount kv"]);
  });

  it("says nothing of one alone, or of two that are the same in all", () => {
    expect(tellApart([row({ environment: "prod" })])).toEqual([""]);
    expect(tellApart([row({}), row({})])).toEqual(["", ""]);
  });
});
