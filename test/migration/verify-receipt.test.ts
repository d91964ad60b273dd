import { describe, expect, it } from "vitest";
import type { ChainLink } from "../../src/audit/append-event.ts";
import { parseReceipt, type Receipt, signReceipt } from "../../src/migration/receipt.ts";
import { verifyReceipt } from "../../src/migration/verify-receipt.ts";
import { freshKeys } from "../fakes/keys.ts";
import { sampleProof as proof, sampleLink, sampleReceipt, sampleStatement as statement } from "./sample-receipt.ts";

const bot = freshKeys();
const worker = freshKeys();
const keys = { receipts: worker.keyring, approvals: bot.keyring };
const link = sampleLink;
const receiptOf = (approved: Parameters<typeof sampleReceipt>[1] = {}, approver = bot.signer) =>
  sampleReceipt(approver, approved);

/** Its one target, with something else said of it. */
function written(patch: Partial<Receipt["targets"][number]>): Receipt["targets"] {
  return receiptOf().targets.map((target) => ({ ...target, ...patch }));
}
const [version] = receiptOf().targets.flatMap(({ versions }) => versions);

/** What is not OK about a receipt that the worker signed. */
function faults(receipt: Receipt, chain?: readonly ChainLink[]): string[] {
  return verifyReceipt(signReceipt(worker.signer, receipt), keys, chain)
    .checks.filter(({ isOk }) => !isOk)
    .map(({ text }) => text);
}

describe("verifyReceipt", () => {
  it("finds a genuine receipt right, check by check", () => {
    const { isOk, checks } = verifyReceipt(signReceipt(worker.signer, receiptOf()), keys);
    expect([isOk, checks.filter((check) => !check.isOk), checks.length]).toEqual([true, [], 18]);
  });

  it("does not mind how the file is indented or ordered", () => {
    const text = signReceipt(worker.signer, receiptOf());
    const { signature, keyId, receipt } = JSON.parse(text);
    const reordered = JSON.stringify({
      signature,
      receipt: Object.fromEntries(Object.entries(receipt).reverse()),
      keyId,
    });
    expect(verifyReceipt(reordered, keys).isOk).toBe(true);
  });

  it("notices any changed word", () => {
    const text = signReceipt(worker.signer, receiptOf());
    const words = text.match(/"[^"]+"(?=[,\n}])/g) ?? [];
    expect(words.length).toBeGreaterThan(30);
    for (const word of words) {
      const altered = text.replace(word, `"${word.at(1) === "A" ? "B" : "A"}${word.slice(2)}`);
      expect(altered).not.toBe(text);
      expect(verifyReceipt(altered, keys).isOk).toBe(false);
    }
  });

  it.each([
    ["another key than the worker's", freshKeys().signer],
    ["the bot's key", bot.signer],
  ])("refuses a receipt signed by %s", (_whose, signer) => {
    const { isOk, checks } = verifyReceipt(signReceipt(signer, receiptOf()), keys);
    expect([isOk, checks[0]?.isOk, checks[1]?.isOk]).toEqual([false, false, true]);
  });

  it("refuses an approval that the worker made up", () => {
    expect(faults(receiptOf({}, worker.signer))).toEqual([expect.stringContaining("The approval in it is signed")]);
  });

  it("refuses a genuine approval of something else, named by what differs", () => {
    const approval = bot.signer.sign("approval", {
      ...statement,
      requestId: "RQ-9",
      source: { ...statement.source, path: "team-b/stripe" },
      target: { ...statement.target, name: "prod/x" },
      vaultVersion: 2,
      approvers: ["U0SECOND"],
    });
    expect(faults({ ...receiptOf(), approval })).toEqual([
      expect.stringContaining("It is about what was approved"),
      expect.stringContaining("The path that was read"),
      expect.stringContaining("The version that was moved"),
      expect.stringContaining("The target is the approved one"),
      expect.stringContaining("It was written where the approved shape says: prod/x"),
      expect.stringContaining("It names the same requester"),
    ]);
  });

  it("takes another version where the approval lets the newest one move", () => {
    const receipt = receiptOf({ versionRule: "take-current" });
    const targets = written({ versions: version ? [{ ...version, vaultVersion: 4 }] : [] });
    expect(faults({ ...receipt, vaultVersion: 4, targets })).toEqual([]);
  });

  it.each([
    [
      "an ARN in another account",
      {
        targets: written({ arn: "arn:aws:secretsmanager:eu-central-1:999988887777:secret:prod/team-a/stripe-AbCdEf" }),
      },
      "The ARN",
    ],
    [
      "an ARN of a longer name",
      {
        targets: written({
          arn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/team-a/stripe-2-AbCdEf",
        }),
      },
      "The ARN",
    ],
    [
      "a target that no part of the approved shape names",
      { targets: [...written({}), ...written({})] },
      "It was written",
    ],
    ["a target taken over by nobody's word", { targets: written({ isAdopted: true }) }, "Nothing was taken over"],
    [
      "a copy in another region",
      { targets: written({ replicas: [{ region: "eu-west-1", status: "InSync" }] }) },
      "It was copied to no region",
    ],
    [
      "an older version that was not asked for",
      { targets: written({ versions: version ? [{ ...version, stage: "vault-v2", vaultVersion: 2 }, version] : [] }) },
      "AWSCURRENT is the version",
    ],
    [
      "bytes where text was approved",
      { targets: written({ versions: version ? [{ ...version, form: "binary" }] : [] }) },
      "AWSCURRENT is the version",
    ],
    [
      "a lease after the approval's end",
      {
        lease: { ...receiptOf().lease, openedAt: "2026-11-25T10:00:00Z", closedAt: "2026-11-25T10:00:00Z" },
        finishedAt: "2026-11-25T10:00:00Z",
      },
      "The lease opened while",
    ],
    ["a lease that closed after the end", { finishedAt: "2026-11-23T10:05:00.500Z" }, "The lease was open"],
    [
      "a token that was not refused",
      { lease: { ...receiptOf().lease, readerProof: { ...proof, refusedStatus: 200 } } },
      "The reader is proven dead",
    ],
    ["an event of another migration", { chain: link({ subject: "migration:x" }) }, "Event 17"],
    ["an altered event", { chain: link({ hash: "0".repeat(64) }) }, "Event 17"],
  ])("refuses %s", (_what, patch, expected) => {
    expect(faults({ ...receiptOf(), ...patch })).toEqual([expect.stringContaining(expected)]);
  });

  it("refuses a self-approval", () => {
    expect(faults(receiptOf({ approvers: ["U0ENGINEER"] }))).toEqual(["Nobody approved their own request"]);
  });

  it("finds the receipt's event in an export, and its absence", () => {
    expect(faults(receiptOf(), [link()])).toEqual([]);
    expect(faults(receiptOf(), [link({ seq: 18 })])).toEqual(["Event 17 stands in the export of the audit chain"]);
  });

  it.each([
    ["text that is not JSON", "not JSON"],
    ["an empty object", "{}"],
    ["an empty receipt", '{"receipt":{},"signature":"","keyId":""}'],
    [
      "a receipt with something added",
      JSON.stringify({ ...JSON.parse(signReceipt(worker.signer, receiptOf())), more: 1 }),
    ],
  ])("refuses %s as no receipt", (_what, text) => {
    expect(parseReceipt(text)).toBeNull();
    expect(verifyReceipt(text, keys).isOk).toBe(false);
  });
});
