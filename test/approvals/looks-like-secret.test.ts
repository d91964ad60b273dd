import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { looksLikeSecret } from "../../src/approvals/looks-like-secret.ts";

// Put together here, so that no scanner takes this file for a leak.
const join = (...parts: string[]) => parts.join("");

describe("looksLikeSecret", () => {
  it.each([
    ["an AWS access key id", join("AKIA", "IOSFODNN7EXAMPLE")],
    ["a GitHub token", join("ghp_", "16C7e42F292c6912E7710c838347Ae178B4a")],
    ["a GitLab token", join("glpat-", "Zx8kQ2mP4vT7nB1cR5wY")],
    ["a Slack token", join("xox", "b-123456789012-abcdefGHIJKL")],
    ["a Stripe key", join("sk_", "live_4eC39HqLyjWDarjtT1zdp7dc")],
    ["a Vault token", join("hvs.", "CAESIJlWh3pQ8vXk2nT5mR7b")],
    ["a PEM key", join("-----BEGIN RSA ", "PRIVATE KEY-----")],
    ["an encrypted PEM key", join("-----BEGIN ENCRYPTED ", "PRIVATE KEY-----")],
    ["a JWT", join("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0", ".dozjgNryP4J3jVmNHl0w5N")],
    ["a URL with a password", "postgres://app:hunter22@db.example.test/app"],
    ["a password that is announced", "the login is app, password=Tr0ub4dor&3"],
    ["32 hex digits", "9f86d081884c7d659a2feaa0c55ad015"],
    ["64 hex digits in a sentence", `use ${"a3f1".repeat(16)} for now`],
    ["40 characters of base64", join("wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY9")],
  ])("knows %s", (_what, text) => {
    expect(looksLikeSecret(text)).toBe(true);
  });

  it("knows nearly all random keys of 32 bytes, in base64 and in hex", () => {
    const keys = Array.from({ length: 500 }, (_, index) => createHash("sha256").update(String(index)).digest());
    const missed = keys.filter(
      (key) => !looksLikeSecret(key.toString("base64")) || !looksLikeSecret(key.toString("hex")),
    );
    expect(missed.length).toBeLessThan(10);
  });

  it.each([
    ["a sentence", "The payments service moves to AWS before the audit in November 2026, see CHG-20261123-0042."],
    ["a path", "kv/payments-platform/stripe-webhooks/prod/eu-central-1/signing-key-2024"],
    ["a long path with a number", "secret/data-platform/airflow2/connections/warehouse_readonly_01"],
    ["a UUID", "case 3f0e2c1a-9b7d-4c55-8a41-0d9e6f1b2c3d"],
    ["an ARN", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/team-a/stripe-AbCdEf"],
    ["a request number and a person", "as agreed with <@U0ENGINEER> in RQ-1042"],
    ["a class name", "PaymentsGatewayConfigurationProvider reads it"],
    ["a host name", "db-primary-01.payments.eu-central-1.example.test"],
    ["a date and time", "2026-11-23T10:00:00.000Z"],
    ["a word about passwords", "The password: it must be rotated first"],
    ["a URL", "https://wiki.example.test/display/PAY/Migration+of+secrets+2026?pageId=123456789"],
    ["a path with capitals", "Payments/StripeLive2024/ApiKeys/EuCentral1/SigningKey"],
    ["an owner", "team-payments-platform-engineering"],
    ["nothing", ""],
  ])("lets %s through", (_what, text) => {
    expect(looksLikeSecret(text)).toBe(false);
  });
});
