import { describe, expect, it } from "vitest";
import type { ApprovalStatement } from "../../src/approvals/content.ts";
import { type ChainLink, linkHash } from "../../src/audit/append-event.ts";
import { buildReceipt, parseReceipt, type Receipt, signReceipt } from "../../src/migration/receipt.ts";
import { verifyReceipt } from "../../src/migration/verify-receipt.ts";
import { freshKeys } from "../fakes/keys.ts";

const migrationId = "5f0c6a0e-7f3e-4f6e-9d9d-0a2b6f6f2c11";
const bot = freshKeys();
const worker = freshKeys();
const keys = { receipts: worker.keyring, approvals: bot.keyring };

const statement: ApprovalStatement = {
  v: 1,
  statementId: "7a9de2a4-55a1-4a4e-8e3e-6d9a2b7cf001",
  requestId: "RQ-1001",
  requestVersion: 2,
  source: { namespace: "", mount: "secret", mountAccessor: "kv_1a2b", engine: "kv-v2", path: "team-a/stripe" },
  vaultVersion: 3,
  versionRule: "ask",
  target: { accountId: "111122223333", region: "eu-central-1", name: "prod/team-a/stripe", kmsKeyId: null },
  shape: { kind: "document" },
  tags: { environment: "prod" },
  resourcePolicy: null,
  requester: "U0ENGINEER",
  approvers: ["U0APPROVER"],
  rule: "four-eyes",
  notBefore: null,
  issuedAt: "2026-11-23T10:00:00.000Z",
  expiresAt: "2026-11-24T10:00:00.000Z",
};

const proof = {
  call: "capabilities-self",
  aliveAt: "2026-11-23T10:05:00.100Z",
  refusedAt: "2026-11-23T10:05:00.400Z",
  refusedStatus: 403,
};

function link(patch: Partial<ChainLink> = {}): ChainLink {
  const fact = {
    seq: 17,
    at: "2026-11-23T10:05:02.000Z",
    kind: "migration.done",
    actor: "worker",
    subject: `migration:${migrationId}`,
    content: { requestId: "RQ-1001" },
    previousHash: "ab".repeat(32),
    ...patch,
  };
  return { ...fact, hash: patch.hash ?? linkHash(fact) };
}

function receiptOf(approved: Partial<ApprovalStatement> = {}, approver = bot.signer): Receipt {
  const signed = { ...statement, ...approved };
  return buildReceipt({
    installation: "glovebox",
    separation: "on",
    migration: { id: migrationId, attempt: 1 },
    statement: signed,
    approval: approver.sign("approval", signed),
    vaultVersion: 3,
    arn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/team-a/stripe-AbCdEf",
    versionId: "0e4e3a3e-1111-8222-9333-444455556666",
    isNew: true,
    previousVersionId: null,
    digestKeyId: "0123456789abcdef",
    leaseOpenedAt: new Date("2026-11-23T10:05:00Z"),
    leaseClosedAt: new Date("2026-11-23T10:05:01Z"),
    readerProof: proof,
    adminProof: proof,
    finishedAt: new Date("2026-11-23T10:05:02Z"),
    link: link(),
  });
}

/** What is not OK about a receipt that the worker signed. */
function faults(receipt: Receipt, chain?: readonly ChainLink[]): string[] {
  return verifyReceipt(signReceipt(worker.signer, receipt), keys, chain)
    .checks.filter(({ isOk }) => !isOk)
    .map(({ text }) => text);
}

describe("verifyReceipt", () => {
  it("finds a genuine receipt right, check by check", () => {
    const { isOk, checks } = verifyReceipt(signReceipt(worker.signer, receiptOf()), keys);
    expect([isOk, checks.filter((check) => !check.isOk), checks.length]).toEqual([true, [], 14]);
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
      expect.stringContaining("It names the same requester"),
    ]);
  });

  it("takes another version where the approval lets the newest one move", () => {
    expect(faults({ ...receiptOf({ versionRule: "take-current" }), vaultVersion: 4 })).toEqual([]);
  });

  it.each([
    [
      "an ARN in another account",
      {
        target: {
          ...receiptOf().target,
          arn: "arn:aws:secretsmanager:eu-central-1:999988887777:secret:prod/team-a/stripe-AbCdEf",
        },
      },
      "The ARN",
    ],
    [
      "an ARN of a longer name",
      {
        target: {
          ...receiptOf().target,
          arn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/team-a/stripe-2-AbCdEf",
        },
      },
      "The ARN",
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
