import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { withdrawRequest } from "../../src/approvals/withdraw-request.ts";
import { isSignedBy, keyringFromPems, signerFromPem } from "../../src/audit/signing.ts";
import { createKeys, KeysExistError } from "../../src/cli/keys.ts";
import { keysForTerminal } from "../../src/cli/keys-used.ts";
import { rotateKey } from "../../src/cli/rotate-key.ts";
import { digestKeyFromFile } from "../../src/migration/value-digest.ts";

import { ENGINEER, requestWorld } from "../approvals/request-world.ts";

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe("createKeys", () => {
  it("makes two pairs that work and a digest key, in a folder that may be new", async () => {
    const folder = join(await freshFolder(), "new", "keys");
    const { files } = createKeys(folder);
    expect(files.map((file) => file.slice(folder.length + 1)).sort()).toEqual((await readdir(folder)).sort());
    for (const name of ["approval", "receipt"]) {
      const signer = signerFromPem(await readFile(join(folder, `${name}.key`), "utf8"));
      const keyring = keyringFromPems([await readFile(join(folder, `${name}.pub`), "utf8")]);
      expect(isSignedBy(keyring, "receipt", signer.sign("receipt", { a: 1 }))).toBe(true);
    }
    expect(digestKeyFromFile(join(folder, "digest.key")).id).toMatch(/^[0-9a-f]{16}$/);
  });

  it("lets nobody but the owner read the private files", async () => {
    const folder = await freshFolder();
    createKeys(folder);
    const modes = await Promise.all(
      ["approval.key", "receipt.key", "digest.key"].map(async (name) => (await stat(join(folder, name))).mode & 0o777),
    );
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  });

  it("says which variable goes to which process, and prints no key", async () => {
    const folder = await freshFolder();
    const text = createKeys(folder).lines.join("\n");
    expect(text).toMatch(/bot:\n +APPROVAL_KEY_FILE=.*approval\.key/);
    expect(text).toMatch(
      /worker:\n +APPROVAL_PUBLIC_KEY_FILES=.*approval\.pub\n +RECEIPT_KEY_FILE=.*\n +DIGEST_KEY_FILE=/,
    );
    expect(text).not.toContain("PRIVATE");
    expect(text).not.toContain((await readFile(join(folder, "digest.key"), "utf8")).trim());
  });

  it("overwrites nothing: it names what is there and leaves the folder as it was", async () => {
    const folder = await freshFolder();
    await writeFile(join(folder, "receipt.pub"), "mine");
    expect(() => createKeys(folder)).toThrow(KeysExistError);
    expect(() => createKeys(folder)).toThrow("already holds receipt.pub, so nothing was written");
    expect(await readdir(folder)).toEqual(["receipt.pub"]);
  });
});

describe("rotateKey", () => {
  it.each(["approval", "receipt"] as const)(
    "makes the next pair for %s and leaves the one in use as it is",
    async (kind) => {
      const folder = await freshFolder();
      createKeys(folder);
      const before = await readFile(join(folder, `${kind}.key`), "utf8");
      rotateKey(kind, folder);
      rotateKey(kind, folder);
      expect(await readFile(join(folder, `${kind}.key`), "utf8")).toBe(before);
      const keys = await Promise.all(
        ["", "-2", "-3"].map((nth) => readFile(join(folder, `${kind}${nth}.key`), "utf8")),
      );
      expect(new Set(keys.map((pem) => signerFromPem(pem).keyId)).size).toBe(3);
      expect((await stat(join(folder, `${kind}-2.key`))).mode & 0o777).toBe(0o600);
    },
  );

  it("says in which order the new key comes in, and prints no key", async () => {
    const folder = await freshFolder();
    createKeys(folder);
    const text = rotateKey("approval", folder).join("\n");
    expect(text).toMatch(/1\. worker: .*approval\.pub,.*approval-2\.pub/);
    expect(text).toMatch(/2\. bot: .*approval-2\.key/);
    expect(text).not.toContain("PRIVATE");
    expect(rotateKey("digest", folder).join("\n")).not.toContain(
      (await readFile(join(folder, "digest-2.key"), "utf8")).trim(),
    );
  });
});

describe("keys used", () => {
  it("says what rests on a key, and when nothing does any more", async () => {
    const world = await requestWorld();
    expect((await keysForTerminal(world.store)).lines).toEqual(["Nothing is signed yet, so nothing rests on any key."]);
    const requestId = await world.request();
    expect((await keysForTerminal(world.store)).lines).toEqual([
      expect.stringMatching(new RegExp(`^approval ${world.signer.keyId} +1 open`)),
    ]);
    await withdrawRequest({ store: world.store, now: world.clock.now }, { requestId, by: ENGINEER });
    expect((await keysForTerminal(world.store)).lines).toEqual([expect.stringContaining("it may be dropped")]);
  });
});
