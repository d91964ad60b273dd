import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ChainLink } from "../../src/audit/append-event.ts";
import { GENESIS_HASH } from "../../src/audit/append-event.ts";
import { makeCheckpoint } from "../../src/audit/checkpoint.ts";
import { signerFromPem } from "../../src/audit/signing.ts";
import { createKeys } from "../../src/cli/keys.ts";
import { verifyExportFile, verifyReceiptFile } from "../../src/cli/verify.ts";
import { signReceipt } from "../../src/migration/receipt.ts";
import { sampleLink, sampleReceipt } from "../migration/sample-receipt.ts";

/** Keys as `glovebox keys` makes them, and a folder to save files in. */
async function auditorsDesk() {
  const folder = await mkdtemp(join(tmpdir(), "verify-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  createKeys(folder);
  const signerOf = async (name: string) => signerFromPem(await readFile(path(name), "utf8"));
  const save = async (name: string, text: string) => {
    await writeFile(path(name), text);
    return path(name);
  };
  const keyFiles = { receipts: [path("receipt.pub")], approvals: [path("approval.pub")] };
  return { path, save, keyFiles, bot: await signerOf("approval.key"), worker: await signerOf("receipt.key") };
}

function ndjson(links: readonly ChainLink[], ...more: unknown[]): string {
  return [...links.map((event) => ({ event })), ...more].map((one) => `${JSON.stringify(one)}\n`).join("");
}

describe("verifyReceiptFile", () => {
  it("says OK line by line, and the verdict last, with public keys alone", async () => {
    const { save, keyFiles, bot, worker } = await auditorsDesk();
    const file = await save("receipt.json", signReceipt(worker, sampleReceipt(bot)));
    const { ok, lines } = verifyReceiptFile(file, keyFiles);
    expect(ok).toBe(true);
    expect(lines.filter((line) => !line.startsWith("OK "))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^OK RQ-1001: secret\/team-a\/stripe to arn:aws:/);
  });

  it("says NOT OK and which check failed when a word was changed", async () => {
    const { save, keyFiles, bot, worker } = await auditorsDesk();
    const signed = signReceipt(worker, sampleReceipt(bot));
    const text = signed.replace('"isKept": false', '"isKept": true');
    expect(text).not.toBe(signed);
    const { ok, lines } = verifyReceiptFile(await save("receipt.json", text), keyFiles);
    expect(ok).toBe(false);
    const bad = lines.filter((line) => line.startsWith("NOT OK"));
    expect(bad).toEqual([expect.stringContaining("The receipt is signed"), expect.stringContaining("RQ-1001")]);
  });

  it("does not take the two keys for one another", async () => {
    const { save, keyFiles, bot, worker } = await auditorsDesk();
    const file = await save("receipt.json", signReceipt(worker, sampleReceipt(bot)));
    const swapped = { receipts: keyFiles.approvals, approvals: keyFiles.receipts };
    expect(verifyReceiptFile(file, swapped).ok).toBe(false);
  });

  it("looks the receipt up in an export of the chain", async () => {
    const { save, keyFiles, bot, worker } = await auditorsDesk();
    const file = await save("receipt.json", signReceipt(worker, sampleReceipt(bot)));
    const elsewhere = sampleLink({ seq: 1, previousHash: GENESIS_HASH });
    const exportFile = await save("chain.ndjson", ndjson([elsewhere]));
    const { ok, lines } = verifyReceiptFile(file, keyFiles, exportFile);
    expect(ok).toBe(false);
    expect(lines).toContain("NOT OK Event 17 stands in the export of the audit chain");
  });

  it("keeps control characters of a forged receipt off the terminal", async () => {
    const { save, keyFiles, bot, worker } = await auditorsDesk();
    const receipt = sampleReceipt(bot);
    const forged = { ...receipt, requestId: "RQ-1\u001b[2K\rOK all is well" };
    const { ok, lines } = verifyReceiptFile(await save("receipt.json", signReceipt(worker, forged)), keyFiles);
    expect(ok).toBe(false);
    expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
  });

  it.each([
    ["a receipt that is not there", { file: "absent.json" }, "absent.json: there is no such file"],
    ["a key that is not there", { receipts: ["absent.pub"] }, "absent.pub: there is no such file"],
    ["a key file that holds none", { receipts: ["digest.key"] }, "digest.key is not a public key"],
    ["no key at all", { approvals: [] }, "A public key is missing"],
  ])("answers %s in one line", async (_what, change, expected) => {
    const { path, save, keyFiles, bot, worker } = await auditorsDesk();
    const saved = await save("receipt.json", signReceipt(worker, sampleReceipt(bot)));
    const { file, receipts, approvals } = { file: undefined, receipts: undefined, approvals: undefined, ...change };
    const files = { receipts: receipts?.map(path) ?? keyFiles.receipts, approvals: approvals ?? keyFiles.approvals };
    const { ok, lines } = verifyReceiptFile(file === undefined ? saved : path(file), files);
    expect([ok, lines[0]]).toEqual([false, expect.stringContaining(expected)]);
  });
});

describe("verifyExportFile", () => {
  it("says how much of a chain is vouched for", async () => {
    const { save, keyFiles, worker } = await auditorsDesk();
    const first = sampleLink({ seq: 1, previousHash: GENESIS_HASH });
    const second = sampleLink({ seq: 2, previousHash: first.hash });
    const checkpoint = makeCheckpoint(worker, { seq: 1, hash: first.hash, signedAt: first.at });
    const bare = verifyExportFile(await save("bare.ndjson", ndjson([first, second])), keyFiles);
    expect([bare.ok, bare.lines[0]]).toEqual([true, expect.stringContaining("no signed checkpoint vouches")]);
    const signed = verifyExportFile(await save("signed.ndjson", ndjson([first, second], { checkpoint })), keyFiles);
    expect([signed.ok, signed.lines[0]]).toEqual([true, expect.stringContaining("vouches for the first 1")]);
    const cut = verifyExportFile(await save("cut.ndjson", ndjson([], { checkpoint })), keyFiles);
    expect([cut.ok, cut.lines[0]]).toEqual([false, expect.stringContaining("Event 1 is missing")]);
  });

  it("says when a file is no export", async () => {
    const { save, keyFiles } = await auditorsDesk();
    const { ok, lines } = verifyExportFile(await save("x.ndjson", "hello"), keyFiles);
    expect([ok, lines[0]]).toEqual([false, expect.stringContaining("is no export")]);
  });
});
