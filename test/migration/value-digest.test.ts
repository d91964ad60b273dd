import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  BadDigestKeyError,
  digestKeyFromFile,
  digestKeyFromText,
  digestValue,
  isSameDigest,
  requestTokenFor,
} from "../../src/migration/value-digest.ts";
import { Secret } from "../../src/secret.ts";

const freshKey = () => digestKeyFromText(randomBytes(32).toString("base64"));

describe("digestValue", () => {
  it("is HMAC-SHA256 over the UTF-8 bytes", () => {
    // From `printf 'é' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…` (32 zero bytes).
    const key = digestKeyFromText(Buffer.alloc(32).toString("base64"));
    expect(digestValue(key, new Secret("é"))).toBe("e2b36c14c961bddcba253e6e071cd6835731aaa01bcee5e6bbb33fe9dea253d7");
  });

  it("tells values apart under one key and says nothing across keys", () => {
    const [key, other] = [freshKey(), freshKey()];
    const digest = digestValue(key, new Secret("v"));
    expect(isSameDigest(digest, digestValue(key, new Secret("v")))).toBe(true);
    expect(isSameDigest(digest, digestValue(key, new Secret("v ")))).toBe(false);
    expect(isSameDigest(digest, digestValue(other, new Secret("v")))).toBe(false);
    expect(isSameDigest(digest, "")).toBe(false);
    expect(key.id).not.toBe(other.id);
  });
});

describe("digestKeyFromFile", () => {
  it.each([
    ["is not there", null],
    ["is too short", randomBytes(16).toString("base64")],
    ["is not base64", "!".repeat(44)],
  ])("names a file that %s and not what is in it", async (_what, text) => {
    const folder = await mkdtemp(join(tmpdir(), "digest-key-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "digest.key");
    if (text !== null) await writeFile(file, text);
    const read = () => digestKeyFromFile(file);
    expect(read).toThrow(BadDigestKeyError);
    expect(read).toThrow(file);
    if (text !== null) expect(read).not.toThrow(text);
  });

  it("reads a key with a line end", async () => {
    const folder = await mkdtemp(join(tmpdir(), "digest-key-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const text = randomBytes(32).toString("base64");
    await writeFile(join(folder, "digest.key"), `${text}\n`);
    expect(digestKeyFromFile(join(folder, "digest.key")).id).toBe(digestKeyFromText(text).id);
  });
});

describe("requestTokenFor", () => {
  it("is the same for the same migration, label and digest, and another for any other", () => {
    const [migrationId, digest] = [randomUUID(), digestValue(freshKey(), new Secret("v"))];
    const token = requestTokenFor(migrationId, "AWSCURRENT", digest);
    expect(requestTokenFor(migrationId, "AWSCURRENT", digest)).toBe(token);
    expect(requestTokenFor(randomUUID(), "AWSCURRENT", digest)).not.toBe(token);
    expect(requestTokenFor(migrationId, "vault-v1", digest)).not.toBe(token);
    expect(requestTokenFor(migrationId, "AWSCURRENT", digestValue(freshKey(), new Secret("v")))).not.toBe(token);
  });

  it("has the form of a UUID, which AWS takes as a version id", () => {
    const token = requestTokenFor(randomUUID(), "AWSCURRENT", "d".repeat(64));
    expect(token).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
