import { describe, expect, it } from "vitest";
import { suggestByRules } from "../../src/metadata/suggest-by-rules.ts";
import type { Field, NamedSecret, Suggestion } from "../../src/metadata/suggestion.ts";

const secret = (given: Partial<NamedSecret>): NamedSecret => ({
  mount: "secret",
  engine: "kv-v2",
  path: "app",
  keyNames: [],
  customMetadata: {},
  ...given,
});
const best = (given: Partial<NamedSecret>, field: Field): Suggestion | undefined =>
  suggestByRules(secret(given))
    .filter((one) => one.field === field)
    .sort((a, b) => b.confidence - a.confidence)[0];

describe("the purpose rule", () => {
  it.each([
    ["payments/checkout/postgres", ["username", "password", "host"], "database-credential"],
    ["cards/ledger/settings", ["jdbc_url"], "database-credential"],
    ["payments/stripe", ["secret_key"], "payment-key"],
    ["payments/checkout/prod/stripe", ["api_key", "webhook_secret"], "payment-key"],
    ["payments/hooks", ["webhook_secret"], "signing-or-encryption-key"],
    ["lending/notify", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "region"], "cloud-access-key"],
    ["identity/portal", ["client_id", "client_secret", "issuer"], "oauth-client"],
    ["identity/directory-admin", ["client_id", "client_secret", "tenant_id"], "cloud-access-key"],
    ["edge/gateway", ["tls.crt", "tls.key"], "tls-certificate"],
    ["mobile/push", ["slackWebhookUrl"], "webhook-url"],
    ["payments/events/kafka", ["username", "password"], "message-broker-credential"],
    ["tools/build/artifactory", ["user", "password"], "registry-credential"],
    ["tools/github-bot", ["token"], "git-token"],
    ["core/settlement", ["hmac_key"], "signing-or-encryption-key"],
    ["legacy/mysql-root-password", ["value"], "database-credential"],
    ["web/frontend", ["endpoint", "region", "bucket"], "config-not-secret"],
    ["monitoring/grafana/admin", ["username", "password"], "generic-password"],
  ])("reads %s with keys %j as %s", (path, keyNames, expected) => {
    expect(best({ path, keyNames }, "purpose")?.value).toBe(expected);
  });

  it.each([
    ["a key that could be anything", { path: "risk/zeta", keyNames: ["value"] }],
    ["a token of nobody knows what", { path: "risk/zeta", keyNames: ["token"] }],
    ["no key names and a path that says nothing", { path: "risk/zeta" }],
  ])("abstains at %s", (_what, given) => {
    expect(best(given, "purpose")).toBeUndefined();
  });

  it("calls several unrelated credentials a bundle", () => {
    const keyNames = ["db_password", "smtp_password", "github_token", "session_secret"];
    expect(best({ path: "cards/portal", keyNames }, "purpose")?.value).toBe("mixed-bundle");
  });

  it("lets the engine decide where it can only be one thing", () => {
    expect(best({ engine: "database", mount: "kafka", path: "creds/x" }, "purpose")).toMatchObject({
      value: "database-credential",
      evidence: "a mount of engine `database`",
    });
  });

  it("names the key or the word that decided it", () => {
    expect(best({ path: "a/b", keyNames: ["db_password"] }, "purpose")?.evidence).toBe("key names `db_password`");
    const byPath = best({ path: "payments/kafka", keyNames: ["username", "password"] }, "purpose");
    expect(byPath?.evidence).toBe("`kafka` in the path");
  });

  it.each([
    ["payments/db", ["password"]],
    ["x/aws", ["key"]],
    ["x/y", ["private_key"]],
    ["x/y", ["passwd"]],
  ])("never calls a credential plain configuration: %s %j", (path, keyNames) => {
    expect(best({ path, keyNames }, "purpose")?.value).not.toBe("config-not-secret");
  });
});

describe("the environment rule", () => {
  it.each([
    ["payments/prod/db", "secret", "prod"],
    ["checkout-prd", "secret", "prod"],
    ["idfprod/db", "secret", "prod"],
    ["payments/db", "kv-preprod", "staging"],
    ["payments/stg/db", "secret", "staging"],
    ["payments/q2/db", "secret", "test"],
    ["qa/payments", "secret", "test"],
    ["dev/payments", "secret", "dev"],
    ["dev/payments", "kv-prod", "dev"],
  ])("reads %s in mount %s as %s", (path, mount, expected) => {
    expect(best({ path, mount }, "environment")?.value).toBe(expected);
  });

  it.each([
    ["no word of it", { path: "payments/db" }],
    ["two answers", { path: "prod/from-dev/db" }],
    ["a department", { mount: "development", path: "payments/db" }],
    ["a product", { path: "tools/test-runner" }],
    ["a part of another word", { path: "latest/product/device" }],
    ["ci", { path: "ci/payments" }],
  ])("abstains at %s", (_what, given) => {
    expect(best(given, "environment")).toBeUndefined();
  });
});

describe("the other rules", () => {
  it.each([
    ["payments/checkout/prod/db-password", "checkout"],
    ["checkout-db-prod", "checkout"],
    ["kafka/order-service", "order-service"],
    ["payments/checkout/stripe", "checkout"],
    ["payments/checkout/prod/kafka", "checkout"],
    ["LOANS_SCORING_TEST_ACQUIRER", "loans-scoring"],
    ["eu-west-2/scoring/prod/endpoints", "scoring"],
  ])("names the application of %s %s", (path, expected) => {
    expect(best({ path }, "application")?.value).toBe(expected);
  });

  it("does not take a supplier for an application", () => {
    expect(best({ path: "slack" }, "application")).toBeUndefined();
  });

  it.each([
    ["teams/ledger/db", 0.8],
    ["team-ledger/db", 0.75],
    ["ledger/booking/db", 0.35],
  ])("finds the owner in %s with confidence %d", (path, confidence) => {
    expect(best({ path }, "ownerTeam")).toMatchObject({ value: expect.stringContaining("ledger"), confidence });
  });

  it.each([["eu-west-2/ledger/db"], ["signing/ledger/app"], ["ledger/db"]])("knows no owner of %s", (path) => {
    expect(best({ path }, "ownerTeam")).toBeUndefined();
  });

  it("trusts what somebody wrote into custom metadata above its own reading", () => {
    const customMetadata = { "Owner-Team": "cards-platform", env: "Production", note: "ask first" };
    const given = { path: "team-ledger/dev/db", customMetadata };
    expect(best(given, "ownerTeam")).toMatchObject({
      value: "cards-platform",
      source: "vault-metadata",
      evidence: "custom metadata `Owner-Team` in Vault",
    });
    expect(best(given, "environment")).toMatchObject({ value: "Production", source: "vault-metadata" });
  });

  it("takes no long or broken text from custom metadata", () => {
    expect(best({ customMetadata: { owner: "x".repeat(81) } }, "ownerTeam")).toBeUndefined();
    expect(best({ customMetadata: { owner: "a\nb" } }, "ownerTeam")).toBeUndefined();
  });

  it("keeps production databases closer than settings", () => {
    const db = { path: "pay/prod/db", keyNames: ["password"] };
    expect(best(db, "classification")).toMatchObject({
      value: "restricted",
      evidence: "usual for a database-credential in prod",
    });
    expect(best({ path: "pay/prod/x", keyNames: ["endpoint"] }, "classification")?.value).toBe("internal");
    expect(best(db, "rotation")?.value).toBe("90 days");
  });
});
