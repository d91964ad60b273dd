import { z } from "zod";
import type { ApprovalStatement } from "../approvals/content.ts";
import type { ChainLink } from "../audit/append-event.ts";
import type { Signed, Signer } from "../audit/signing.ts";
import type { DeathProof } from "./lease-broker.ts";
import { kindOf, SkippedVersion, type TargetWrite, versionIdOf, type WriteList } from "./write-list.ts";

const Proof = z.strictObject({
  call: z.string(),
  aliveAt: z.iso.datetime(),
  refusedAt: z.iso.datetime(),
  refusedStatus: z.number().int(),
});

const Written = z.strictObject({
  name: z.string(),
  arn: z.string(),
  /** "keep": the target held this very value already, and no version was added. */
  kind: z.enum(["create", "put", "restore-and-put", "keep"]),
  /** Somebody else's target that the approval says to take over. */
  isAdopted: z.boolean(),
  versions: z
    .array(
      z.strictObject({
        stage: z.string(),
        vaultVersion: z.number().int().nullable(),
        versionId: z.string(),
        form: z.enum(["string", "binary"]),
        isKept: z.boolean(),
        /** The version that had the label before. */
        previousVersionId: z.string().nullable(),
      }),
    )
    .min(1),
  /** As AWS told of them at the end: copying goes on after it. */
  replicas: z.array(z.strictObject({ region: z.string(), status: z.string() })),
});

/** The proof that people keep of one finished migration. Names, ids, times and signatures; never a value or its digest. */
export const Receipt = z.strictObject({
  v: z.literal(1),
  installation: z.string(),
  requestId: z.string(),
  requestVersion: z.number().int(),
  migrationId: z.string(),
  attempt: z.number().int(),
  source: z.strictObject({
    namespace: z.string(),
    mount: z.string(),
    mountAccessor: z.string(),
    engine: z.string(),
    path: z.string(),
  }),
  /** The version that was moved; null for KV v1. */
  vaultVersion: z.number().int().nullable(),
  target: z.strictObject({
    accountId: z.string(),
    region: z.string(),
    name: z.string(),
    kmsKeyId: z.string().nullable(),
  }),
  /** What was written: the target itself, or one for each part of a split value. */
  targets: z.array(Written).min(1),
  /** Older versions that were asked for and that Vault no longer had. */
  skippedVersions: z.array(SkippedVersion),
  /** Every version was read back from AWS by its id and its keyed digest was the same as that of Vault's value. */
  comparison: z.strictObject({
    method: z.literal("hmac-sha256"),
    digestKeyId: z.string(),
    isEqual: z.literal(true),
  }),
  lease: z.strictObject({
    openedAt: z.iso.datetime(),
    closedAt: z.iso.datetime(),
    /** The lease on the path, proven dead before AWS was touched, and the identity that minted it. */
    readerProof: Proof,
    adminProof: Proof,
  }),
  requester: z.string(),
  approvers: z.array(z.string()),
  rule: z.string(),
  /** "off": one process could both approve and move. */
  separation: z.enum(["on", "off"]),
  /** "off": no gate held Vault open for this path alone; the worker was held to literal prefixes. */
  gate: z.enum(["on", "off"]),
  finishedAt: z.iso.datetime(),
  /** The event in the audit chain that says it is done. */
  chain: z.strictObject({
    seq: z.number().int(),
    at: z.iso.datetime(),
    kind: z.string(),
    actor: z.string(),
    subject: z.string(),
    content: z.record(z.string(), z.unknown()),
    previousHash: z.string(),
    hash: z.string(),
  }),
  /** The approval as the bot signed it. */
  approval: z.strictObject({ bytes: z.string(), signature: z.string(), keyId: z.string() }),
});
export type Receipt = z.output<typeof Receipt>;

/** What a person saves: readable, and however it is indented, the signature is over the canonical form of `receipt`. */
export const ReceiptFile = z.strictObject({ receipt: Receipt, signature: z.string(), keyId: z.string() });
export type ReceiptFile = z.output<typeof ReceiptFile>;

export interface ReceiptFacts {
  readonly installation: string;
  readonly separation: "on" | "off";
  readonly gate: "on" | "off";
  readonly migration: { readonly id: string; readonly attempt: number };
  readonly statement: ApprovalStatement;
  readonly approval: Signed;
  readonly vaultVersion: number | null;
  readonly writes: WriteList;
  readonly leaseOpenedAt: Date;
  readonly leaseClosedAt: Date;
  readonly readerProof: DeathProof;
  readonly adminProof: DeathProof;
  readonly finishedAt: Date;
  /** The link of the event `migration.done`. */
  readonly link: ChainLink;
}

/** Call it for a migration that is done and verified: `isEqual` is said, not computed, here. */
export function buildReceipt(facts: ReceiptFacts): Receipt {
  const { statement, approval, link } = facts;
  return {
    v: 1,
    installation: facts.installation,
    requestId: statement.requestId,
    requestVersion: statement.requestVersion,
    migrationId: facts.migration.id,
    attempt: facts.migration.attempt,
    source: { ...statement.source },
    vaultVersion: facts.vaultVersion,
    target: { ...statement.target },
    targets: facts.writes.targets.map(writtenOf),
    skippedVersions: [...facts.writes.skipped],
    comparison: { method: "hmac-sha256", digestKeyId: facts.writes.digestKeyId, isEqual: true },
    lease: {
      openedAt: facts.leaseOpenedAt.toISOString(),
      closedAt: facts.leaseClosedAt.toISOString(),
      readerProof: proofOf(facts.readerProof),
      adminProof: proofOf(facts.adminProof),
    },
    requester: statement.requester,
    approvers: [...statement.approvers],
    rule: statement.rule,
    separation: facts.separation,
    gate: facts.gate,
    finishedAt: facts.finishedAt.toISOString(),
    chain: { ...link, content: { ...link.content } },
    approval: { bytes: approval.bytes, signature: approval.signature, keyId: approval.keyId },
  };
}

/** @returns The text of a `ReceiptFile`. */
export function signReceipt(signer: Signer, receipt: Receipt): string {
  const { signature, keyId } = signer.sign("receipt", receipt);
  const file: ReceiptFile = { receipt, signature, keyId };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** @returns null for a text that is no receipt. Says nothing of signatures: see `verifyReceipt`. */
export function parseReceipt(text: string): ReceiptFile | null {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return null;
  }
  return ReceiptFile.safeParse(content).data ?? null;
}

/** Without digests: those stay with the worker. */
function writtenOf(write: TargetWrite): z.output<typeof Written> {
  if (write.arn === null) throw new TypeError("what is verified has an ARN");
  return {
    name: write.name,
    arn: write.arn,
    kind: kindOf(write),
    isAdopted: write.isAdopted,
    versions: write.versions.map((version) => {
      const { requestToken: _token, digest: _digest, ...shown } = version;
      return { ...shown, versionId: versionIdOf(version) };
    }),
    replicas: write.replicas.map((replica) => ({ ...replica })),
  };
}

function proofOf({ call, aliveAt, refusedAt, refusedStatus }: DeathProof): z.output<typeof Proof> {
  return { call, aliveAt, refusedAt, refusedStatus };
}
