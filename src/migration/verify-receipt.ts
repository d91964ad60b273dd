import { ApprovalStatement } from "../approvals/content.ts";
import { targetsOf } from "../approvals/target-places.ts";
import { type ChainLink, linkHash } from "../audit/append-event.ts";
import { canonicalText, isSignedBy, type Keyring } from "../audit/signing.ts";
import { parseReceipt, type Receipt } from "./receipt.ts";

export interface ReceiptKeys {
  /** The workers' public keys. */
  readonly receipts: Keyring;
  /** The bots' public keys. Kept apart: a bot's key must not make a receipt, nor a worker's an approval. */
  readonly approvals: Keyring;
}

interface ReceiptCheck {
  readonly isOk: boolean;
  /** One line for people. */
  readonly text: string;
}

export interface VerifyResult {
  readonly isOk: boolean;
  readonly checks: readonly ReceiptCheck[];
}

/** Bot, worker and Vault have a clock each. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Checks a receipt without asking anybody: the signatures, and that everything in it fits together.
 * @param text As it was saved; blanks and the order of keys don't matter.
 * @param chain An export of the audit chain, checked before with `verifyChain`; given, the receipt must stand in it.
 */
export function verifyReceipt(text: string, keys: ReceiptKeys, chain?: readonly ChainLink[]): VerifyResult {
  const file = parseReceipt(text);
  if (file === null) return { isOk: false, checks: [check(false, "This is a receipt of a form that I know")] };
  const { receipt, signature, keyId } = file;
  const bytes = canonicalText(receipt);
  const statement = readApproval(keys.approvals, receipt);
  const checks = [
    check(
      isSignedBy(keys.receipts, "receipt", { bytes, signature, keyId }),
      `The receipt is signed by the worker's key ${keyId}`,
    ),
    check(statement !== null, `The approval in it is signed by the bot's key ${receipt.approval.keyId}`),
    ...(statement === null ? [] : [...contentChecks(receipt, statement), ...timeChecks(receipt, statement)]),
    ...proofChecks(receipt),
    ...chainChecks(receipt, chain),
  ];
  return { isOk: checks.every(({ isOk }) => isOk), checks };
}

function readApproval(approvals: Keyring, { approval }: Receipt): ApprovalStatement | null {
  if (!isSignedBy(approvals, "approval", approval)) return null;
  return ApprovalStatement.safeParse(JSON.parse(approval.bytes)).data ?? null;
}

function contentChecks(receipt: Receipt, statement: ApprovalStatement): ReceiptCheck[] {
  const { source, target, approvers, requester, vaultVersion } = receipt;
  const isAsked = receipt.requestId === statement.requestId && receipt.requestVersion === statement.requestVersion;
  const isVersion = statement.versionRule === "take-current" || statement.vaultVersion === vaultVersion;
  const isPeople = isSame(
    { approvers, requester, rule: receipt.rule },
    { approvers: statement.approvers, requester: statement.requester, rule: statement.rule },
  );
  return [
    check(isAsked, `It is about what was approved: ${statement.requestId}, version ${statement.requestVersion}`),
    check(isSame(source, statement.source), "The path that was read is the approved one"),
    check(isVersion, `The version that was moved (${vaultVersion ?? "none: KV v1"}) is one that the approval covers`),
    check(isSame(target, statement.target), "The target is the approved one"),
    ...writeChecks(receipt, statement),
    check(
      isPeople,
      `It names the same requester (${statement.requester}), approvers (${statement.approvers.join(", ")}) and rule (${statement.rule}) as the approval`,
    ),
    check(!statement.approvers.includes(statement.requester), "Nobody approved their own request"),
    ...(receipt.gate === "on"
      ? []
      : [
          check(true, "gate: off. The worker checked the approval itself; Vault held it to prefixes, not to this path"),
        ]),
  ];
}

function writeChecks(receipt: Receipt, statement: ApprovalStatement): ReceiptCheck[] {
  const { targets, target } = receipt;
  const { accountId, region } = target;
  const names = targetsOf(statement).map(({ name }) => name);
  const written = targets.map(({ name }) => name);
  const { replicaRegions } = statement.settings;
  return [
    check(isSame(written, names), `It was written where the approved shape says: ${names.join(", ")}`),
    ...targets.map(({ arn, name }) => {
      const isArn = placeOfArn(arn) === `${region} ${accountId} ${name}`;
      return check(isArn, `The ARN ${arn} is of that account, region and name`);
    }),
    check(
      targets.every(({ versions }) => areVersions(versions, receipt, statement)),
      "AWSCURRENT is the version that was moved, and each older one is under its own label or said to be left out",
    ),
    check(
      targets.every(({ isAdopted, arn }) => !isAdopted || arn === statement.adopt?.arn),
      "Nothing was taken over that the approval does not name",
    ),
    check(
      targets.every(({ replicas }) => replicas.every((replica) => replicaRegions.includes(replica.region))),
      "It was copied to no region that the approval does not name",
    ),
  ];
}

function areVersions(
  versions: Receipt["targets"][number]["versions"],
  { vaultVersion, skippedVersions }: Receipt,
  { olderVersions, shape }: ApprovalStatement,
): boolean {
  const [current, ...older] = versions.toReversed();
  const form = shape.kind === "single" && shape.encoding === "base64" ? "binary" : "string";
  const told = [...older, ...skippedVersions].map((version) => version.vaultVersion ?? 0);
  return (
    current?.stage === "AWSCURRENT" &&
    current.vaultVersion === vaultVersion &&
    older.every((version) => version.stage === `vault-v${version.vaultVersion}`) &&
    versions.every((version) => version.form === form) &&
    isSame(
      told.toSorted((one, other) => one - other),
      versionsBefore(vaultVersion, olderVersions),
    )
  );
}

/** The numbers of the versions that should go along; none for KV v1. */
function versionsBefore(vaultVersion: number | null, count: number): number[] {
  if (vaultVersion === null) return [];
  const first = Math.max(1, vaultVersion - count);
  return Array.from({ length: vaultVersion - first }, (_, place) => first + place);
}

function timeChecks({ lease, finishedAt }: Receipt, statement: ApprovalStatement): ReceiptCheck[] {
  const at = (text: string): number => Date.parse(text);
  const isCovered =
    at(lease.openedAt) >= at(statement.issuedAt) - CLOCK_SKEW_MS &&
    at(lease.openedAt) <= at(statement.expiresAt) + CLOCK_SKEW_MS;
  const isInOrder = at(lease.openedAt) <= at(lease.closedAt) && at(lease.closedAt) <= at(finishedAt);
  return [
    check(isCovered, "The lease opened while the approval was valid"),
    check(isInOrder, `The lease was open from ${lease.openedAt} to ${lease.closedAt}, and the move ended after that`),
  ];
}

function proofChecks({ lease }: Receipt): ReceiptCheck[] {
  const proofs = [
    ["reader", lease.readerProof],
    ["admin", lease.adminProof],
  ] as const;
  return proofs.map(([identity, { call, aliveAt, refusedAt, refusedStatus }]) => {
    const isDead = refusedStatus === 403 && Date.parse(aliveAt) <= Date.parse(refusedAt);
    return check(
      isDead,
      `The ${identity} is proven dead: ${call} worked at ${aliveAt} and was refused (${refusedStatus}) at ${refusedAt}`,
    );
  });
}

function chainChecks({ chain: link, migrationId }: Receipt, chain: readonly ChainLink[] | undefined): ReceiptCheck[] {
  const isOfThis = link.kind === "migration.done" && link.subject === `migration:${migrationId}`;
  const own = [
    check(
      isOfThis && linkHash(link) === link.hash,
      `Event ${link.seq} of the audit chain says that this migration is done`,
    ),
  ];
  if (chain === undefined) return own;
  const isIn = chain.some(({ seq, hash }) => seq === link.seq && hash === link.hash);
  return [...own, check(isIn, `Event ${link.seq} stands in the export of the audit chain`)];
}

/** `arn:aws:secretsmanager:<region>:<account>:secret:<name>-<6 characters>`; other partitions than `aws` too. */
function placeOfArn(arn: string): string | null {
  const match = /^arn:aws[a-z-]*:secretsmanager:([^:]+):(\d{12}):secret:(.+)-[A-Za-z0-9]{6}$/.exec(arn);
  return match && `${match[1]} ${match[2]} ${match[3]}`;
}

function isSame(one: unknown, other: unknown): boolean {
  return canonicalText(one) === canonicalText(other);
}

function check(isOk: boolean, text: string): ReceiptCheck {
  return { isOk, text };
}
