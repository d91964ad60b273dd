import { z } from "zod";

const Source = z.strictObject({
  namespace: z.string(),
  mount: z.string().min(1),
  mountAccessor: z.string().min(1),
  engine: z.enum(["kv-v1", "kv-v2"]),
  path: z.string().min(1),
});

const Target = z.strictObject({
  accountId: z.string().regex(/^\d{12}$/),
  region: z.string().min(1),
  name: z.string().min(1).max(512),
  /** null: the AWS-managed key. */
  kmsKeyId: z.string().min(1).nullable(),
});

/** Keys of a split value that share a target: `<target name>/<name>`, a JSON document of these keys. */
const Part = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_+=.@-]{1,64}$/),
  keys: z.array(z.string().min(1)).min(1),
});

const NOT_DISJOINT = "two parts share a name or a key: each key goes to one target";

/** AWS may not tell names apart that differ in case alone. */
function isDisjoint(parts: readonly z.output<typeof Part>[]): boolean {
  const names = parts.map(({ name }) => name.toLowerCase());
  const keys = parts.flatMap((part) => part.keys);
  return new Set(names).size === names.length && new Set(keys).size === keys.length;
}

/**
 * How the value is laid down: the whole document as JSON text; one key's bare value, as text or, decoded from base64, as
 * bytes; or one target for each group of keys.
 */
const Shape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("document") }),
  z.strictObject({ kind: z.literal("single"), key: z.string().min(1), encoding: z.enum(["text", "base64"]) }),
  z.strictObject({ kind: z.literal("split"), parts: z.array(Part).min(2).max(20).refine(isDisjoint, NOT_DISJOINT) }),
]);

/** What the organisation's rules add to a target: all of it is approved and signed with the rest. */
const TargetSettings = z.strictObject({
  /** Shown in the clear by AWS. */
  description: z.string().min(1).max(2_048).nullable(),
  replicaRegions: z.array(z.string().min(1)).max(20),
  /** JSON text. */
  resourcePolicy: z.string().min(2).max(20_480).nullable(),
});

/**
 * A target that Glovebox did not make, as somebody saw it who said: take it over. It counts for this ARN with this
 * version as AWSCURRENT, and for nothing that stands there later.
 */
const Adoption = z.strictObject({
  arn: z.string().min(1),
  /** null: it had no current version. */
  versionId: z.string().min(1).nullable(),
  /** It was scheduled for deletion: the yes covers its restoring. */
  isTombstone: z.boolean(),
});

/** SM takes 20 staging labels a secret; AWSCURRENT, AWSPREVIOUS and AWSPENDING are three of them. */
const MAX_OLDER_VERSIONS = 17;
const OlderVersions = z.number().int().min(0).max(MAX_OLDER_VERSIONS);

/**
 * Versions that one move may write, over all its targets: each costs AWS two calls or more, and all of them must be written
 * and read back within the 120 s that the worker's own login to Vault lives.
 */
export const MAX_WRITES = 100;
const TOO_MANY_WRITES = `more than ${MAX_WRITES} versions to write: take fewer older versions or fewer parts`;

/** Each target of a split value gets the current version and the older ones. */
export function countWrites(shape: z.output<typeof Shape>, olderVersions: number): number {
  return (shape.kind === "split" ? shape.parts.length : 1) * (1 + olderVersions);
}

const areFewWrites = ({ shape, olderVersions }: { shape: z.output<typeof Shape>; olderVersions: number }): boolean =>
  countWrites(shape, olderVersions) <= MAX_WRITES;

const Tags = z.record(z.string().min(1).max(127), z.string().max(255));

/** What a person asked for. The producer signs it inside its envelope. */
export const RequestContent = z
  .strictObject({
    source: Source,
    target: Target,
    shape: Shape,
    /** How many older Vault versions (KV v2) go along, each under the staging label `vault-v<N>`. */
    olderVersions: OlderVersions,
    settings: TargetSettings,
    /** null: a target that Glovebox did not make stops the move. */
    adopt: Adoption.nullable(),
    tags: Tags,
    /** ISO time before which the move must not start, or null. */
    notBefore: z.iso.datetime().nullable(),
    reason: z.string().min(1).max(500),
    /** Slack user id. */
    requester: z.string().min(1),
  })
  .refine(areFewWrites, TOO_MANY_WRITES);
export type RequestContent = z.output<typeof RequestContent>;
export type RequestSource = RequestContent["source"];
export type TargetRef = RequestContent["target"];
export type ValueShape = RequestContent["shape"];
export type TargetSettings = RequestContent["settings"];
export type Adoption = z.output<typeof Adoption>;

/** A target that no rule adds anything to. */
export const PLAIN_SETTINGS: TargetSettings = { description: null, replicaRegions: [], resourcePolicy: null };

/** One message on the intake queue. `replaces` names the request that this one edits. */
export const Envelope = z.strictObject({
  v: z.literal(1),
  id: z.uuid(),
  kind: z.literal("migration-request"),
  producer: z.string().min(1).max(80),
  producedAt: z.iso.datetime(),
  replaces: z.string().nullable(),
  content: RequestContent,
});
export type Envelope = z.output<typeof Envelope>;

/** What an approval says, whole. The worker acts on its signed bytes alone. */
export const ApprovalStatement = z
  .strictObject({
    v: z.literal(1),
    statementId: z.uuid(),
    requestId: z.string().min(1),
    requestVersion: z.number().int().min(1),
    source: Source,
    /** The version that the approver saw; null for KV v1, which has none. */
    vaultVersion: z.number().int().min(1).nullable(),
    versionRule: z.enum(["ask", "take-current"]),
    target: Target,
    shape: Shape,
    olderVersions: OlderVersions,
    settings: TargetSettings,
    adopt: Adoption.nullable(),
    tags: Tags,
    requester: z.string().min(1),
    approvers: z.array(z.string().min(1)).min(1),
    rule: z.string().min(1),
    notBefore: z.iso.datetime().nullable(),
    issuedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .refine(areFewWrites, TOO_MANY_WRITES);
export type ApprovalStatement = z.output<typeof ApprovalStatement>;

/** An order to undo one finished migration, signed by the bot when someone allowed pressed Undo. */
export const UndoOrder = z.strictObject({
  v: z.literal(1),
  migrationId: z.uuid(),
  statementId: z.uuid(),
  orderedBy: z.string().min(1),
  issuedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
export type UndoOrder = z.output<typeof UndoOrder>;

/** An operator's word that the version which one approval moved may be moved once more, by a new approval. */
export const MoveAgain = z.strictObject({
  v: z.literal(1),
  /** The approval that was carried out. */
  statementId: z.uuid(),
  requestId: z.string().min(1),
  allowedBy: z.string().min(1),
  reason: z.string().min(1).max(500),
  issuedAt: z.iso.datetime(),
});
export type MoveAgain = z.output<typeof MoveAgain>;
