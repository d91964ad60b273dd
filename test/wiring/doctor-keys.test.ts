import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { signerFromPem } from "../../src/audit/signing.ts";
import { createKeys } from "../../src/cli/keys.ts";
import { loadConfig, type Role } from "../../src/config.ts";
import { digestKeyFromFile } from "../../src/migration/value-digest.ts";
import { checkKeys } from "../../src/wiring/doctor-keys.ts";
import { requestWorld } from "../approvals/request-world.ts";

/** An installation's keys in files, a database with one approved request, and doctor's look at both. */
async function keyDesk() {
  const base = await requestWorld();
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  createKeys(join(folder, "new"));
  createKeys(join(folder, "old"));
  const file = (name: string, age = "new") => join(folder, age, name);
  const idOf = async (name: string, age = "new") => signerFromPem(await readFile(file(name, age), "utf8")).keyId;
  const requestId = await base.request();
  const { migrationId } = await base.approve(requestId);
  const signApprovalsWith = async (keyId: string) => {
    await base.store.updateTable("request").set({ keyId }).execute();
    await base.store.updateTable("statement").set({ keyId }).execute();
  };
  const env = {
    ...{ DATABASE_URL: base.url, VAULT_ADDR: "http://127.0.0.1:1" },
    ...{ SLACK_BOT_TOKEN: "xoxb-1", SLACK_APP_TOKEN: "xapp-1" },
    ...{ INTAKE_QUEUE_URL: "http://127.0.0.1:1/q", INTAKE_DLQ_URL: "http://127.0.0.1:1/d" },
    ...{ APPROVAL_KEY_FILE: file("approval.key"), RECEIPT_PUBLIC_KEY_FILES: file("receipt.pub") },
    ...{ APPROVAL_PUBLIC_KEY_FILES: file("approval.pub") },
    ...{ RECEIPT_KEY_FILE: file("receipt.key"), DIGEST_KEY_FILE: file("digest.key") },
    ...{ VAULT_CATALOG_ROLE_ID: "r", VAULT_CATALOG_SECRET_ID: "s", VAULT_GATE_ROLE_ID: "r" },
    ...{ VAULT_GATE_SECRET_ID: "s", VAULT_ADMIN_ROLE_ID: "r", VAULT_ADMIN_SECRET_ID: "s" },
  };
  const look = (role: Role, others: Record<string, string> = {}) => checkKeys(loadConfig({ ...env, ...others }, role));
  return { ...base, file, idOf, requestId, migrationId, signApprovalsWith, look };
}

const KNOWN = [{ ok: true, text: expect.stringContaining("everything open is signed by known ones") }];

describe("doctor's look at the keys", () => {
  it("names the approval key that an open request rests on and the worker does not trust", async () => {
    const { idOf, file, signApprovalsWith, look } = await keyDesk();
    await signApprovalsWith(await idOf("approval.key", "old"));
    expect(await look("worker")).toEqual([
      {
        ok: false,
        text: expect.stringMatching(
          `^APPROVAL_PUBLIC_KEY_FILES lacks key ${await idOf("approval.key", "old")}, by which 2 open .* refused$`,
        ),
      },
    ]);
    const both = `${file("approval.pub")},${file("approval.pub", "old")}`;
    expect(await look("worker", { APPROVAL_PUBLIC_KEY_FILES: both })).toEqual(KNOWN);
  });

  it("does not miss an approval key on which nothing open rests", async () => {
    const { idOf, signApprovalsWith, engineLeft, migrationId, look } = await keyDesk();
    await signApprovalsWith(await idOf("approval.key", "old"));
    await engineLeft(migrationId, "done");
    expect(await look("worker")).toEqual(KNOWN);
  });

  it("names the digest key with which a move under way was begun, until that move has ended", async () => {
    const { idOf, file, signApprovalsWith, engineLeft, migrationId, store, look } = await keyDesk();
    await signApprovalsWith(await idOf("approval.key"));
    const { id } = digestKeyFromFile(file("digest.key", "old"));
    await store.updateTable("migration").set({ state: "written", digestKeyId: id }).execute();
    expect(await look("worker")).toEqual([
      { ok: false, text: `DIGEST_KEY_FILE is not key ${id}, with which 1 moves under way were begun` },
    ]);
    expect(await look("worker", { DIGEST_KEY_FILE: file("digest.key", "old") })).toEqual(KNOWN);
    await engineLeft(migrationId, "done");
    expect(await look("worker")).toEqual(KNOWN);
  });

  it("names the receipt key by which finished moves are signed and that the bot can't verify", async () => {
    const { idOf, file, store, look } = await keyDesk();
    const keyId = await idOf("receipt.key", "old");
    await sql`insert into finished_statement (statement_id, migration_id, mount_accessor, path, bytes, signature, key_id)
      select statement_id, id, 'kv_1a2b', 'team-a/stripe', '', '', ${keyId} from migration`.execute(store);
    expect(await look("bot")).toEqual([
      { ok: false, text: `RECEIPT_PUBLIC_KEY_FILES lacks key ${keyId}, by which 1 receipts are signed` },
    ]);
    const both = `${file("receipt.pub")},${file("receipt.pub", "old")}`;
    expect(await look("bot", { RECEIPT_PUBLIC_KEY_FILES: both })).toEqual(KNOWN);
  });

  it("says where one process is both and the worker does not trust its bot", async () => {
    const { idOf, file, signApprovalsWith, look } = await keyDesk();
    await signApprovalsWith(await idOf("approval.key", "old"));
    expect(await look("all", { APPROVAL_PUBLIC_KEY_FILES: file("approval.pub", "old") })).toEqual([
      { ok: false, text: expect.stringContaining("the worker does not trust this bot's key") },
    ]);
  });
});
