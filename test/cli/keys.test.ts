import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isSignedBy, keyringFromPems, signerFromPem } from "../../src/audit/signing.ts";
import { createKeys, KeysExistError } from "../../src/cli/keys.ts";
import { digestKeyFromFile } from "../../src/migration/value-digest.ts";

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
