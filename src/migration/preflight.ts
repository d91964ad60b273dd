import { sql } from "kysely";
import type { TargetRef, ValueShape } from "../approvals/content.ts";
import { ungrantableReason } from "../approvals/mint-metadata.ts";
import { describeEntry, type EntryDescription } from "../catalog/describe-entry.ts";
import { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import { type AllowedTarget, targetRuleFault } from "./allowed-target.ts";
import type { PresentTarget, SecretTarget } from "./secret-target.ts";
import { tagFaults } from "./tag-faults.ts";
import { CLAIMING_STATUSES, claimedTarget, placeKey } from "./target-claims.ts";
import { targetNameFault } from "./target-name.ts";
import { INSTALLATION_TAG } from "./target-tags.ts";

export interface PreflightFault {
  readonly code: string;
  /** The form's field that it belongs to. */
  readonly field: "path" | "target" | "tags" | "key";
  /** What is wrong and the next step, for people. */
  readonly text: string;
  /** False: worth knowing, and the request may be sent all the same. */
  readonly blocks: boolean;
}

export interface PreflightDeps {
  readonly store: Store;
  readonly target: Pick<SecretTarget, "describe">;
  readonly allowedTargets: readonly AllowedTarget[];
  /** The value of INSTALLATION_TAG on targets that are ours. */
  readonly installation: string;
  readonly now: () => Date;
}

export interface PreflightInput {
  readonly entryId: number;
  readonly target: TargetRef;
  readonly tags: Readonly<Record<string, string>>;
  readonly shape: ValueShape;
}

export interface EntryState extends Pick<EntryDescription, "goneAt" | "isDeleted"> {
  readonly source: Pick<EntryDescription["source"], "engine" | "path">;
}

/**
 * Judges a wish before anybody approves it, without a value: names, metadata and AWS's description of the target.
 * Nothing here is a promise: the engine looks at the target again before it writes.
 * @throws {EntryUnknownError}
 */
export async function preflight(deps: PreflightDeps, input: PreflightInput): Promise<PreflightFault[]> {
  const entry = await describeEntry(deps.store, input.entryId, deps.now());
  const own = [...entryFaults(entry), ...shapeFaults(entry, input.shape), ...placeFaults(deps.allowedTargets, input)];
  // A target that can't be is not looked up: AWS would only refuse the name.
  const canLookUp = !own.some(({ field, blocks }) => field === "target" && blocks);
  const inAws = canLookUp ? await takenFaults(deps, input) : [];
  const elsewhere = canLookUp ? await claimFaults(deps.store, input) : [];
  return [...own, ...inAws, ...elsewhere, ...labelFaults(input.tags)];
}

/** What an entry's own name and state say, whatever is wished for it. */
export function entryFaults({ source, goneAt, isDeleted }: EntryState): PreflightFault[] {
  const stop = (code: string, text: string): PreflightFault => ({ code, field: "path", text, blocks: true });
  if (goneAt !== null) {
    return [
      stop("SECRET_GONE", "Vault no longer has this secret. Check its spelling, or ask its owner if it was deleted."),
    ];
  }
  if (source.engine !== "kv-v1" && source.engine !== "kv-v2") {
    const text = `Its engine (${source.engine}) makes secrets on demand, so there is nothing to copy. Ask support how such secrets move.`;
    return [stop("ENGINE_NOT_KV", text)];
  }
  const reason = ungrantableReason(source.path);
  return [
    ...(reason === null
      ? []
      : [
          stop(
            "PATH_NOT_GRANTABLE",
            `Glovebox can't lend exactly this path: ${reason}. Ask support, who move it by hand.`,
          ),
        ]),
    ...(isDeleted
      ? [
          stop(
            "VERSION_DELETED",
            "Its current version is deleted in Vault, so there is no value to move. Undelete it first.",
          ),
        ]
      : []),
  ];
}

/** Names of keys that usually hold files. */
const FILE_KEY = /keystore|truststore|jks|p12|pfx|bundle|archive|zip|tar|dump/i;

export function shapeFaults({ keyNames }: Pick<EntryDescription, "keyNames">, shape: ValueShape): PreflightFault[] {
  if (keyNames === null) return [];
  if (shape.kind === "single" && !keyNames.includes(shape.key)) {
    const text = "The secret has no such key at its top level. Choose one of its keys, or the whole document.";
    return [{ code: "KEY_UNKNOWN", field: "key", text, blocks: true }];
  }
  const moved = shape.kind === "single" ? [shape.key] : keyNames;
  if (!moved.some((name) => FILE_KEY.test(name))) return [];
  const text =
    "It seems to hold a file. Vault doesn't tell sizes and AWS takes 65,536 bytes: the size is checked before anything is written.";
  return [{ code: "SIZE_UNKNOWN", field: "path", text, blocks: false }];
}

/** What the rules and AWS's alphabet say of a target, without a look at AWS. */
export function placeFaults(
  allowedTargets: readonly AllowedTarget[],
  { target }: Pick<PreflightInput, "target">,
): PreflightFault[] {
  const rule = targetRuleFault(allowedTargets, target);
  const name = targetNameFault(target.name);
  return [
    ...(rule === null ? [] : [stopAtTarget("TARGET_NOT_ALLOWED", rule)]),
    ...(name === null ? [] : [stopAtTarget(name.code, name.text)]),
  ];
}

export function labelFaults(tags: Readonly<Record<string, string>>): PreflightFault[] {
  return tagFaults(tags).map((fault) => ({ ...fault, field: "tags", blocks: true }));
}

/** What AWS says of the name: one call. It never throws for AWS's sake; `TARGET_NOT_CHECKED` says that it gave no answer. */
export async function takenFaults(
  deps: Pick<PreflightDeps, "store" | "target" | "installation">,
  { entryId, target }: Pick<PreflightInput, "entryId" | "target">,
): Promise<PreflightFault[]> {
  const state = await deps.target.describe(target).catch((error: unknown) => {
    if (error instanceof GloveboxError) return null;
    throw error;
  });
  if (state === null) {
    const text = "AWS didn't tell if that name is free. It is looked at again before anything is written.";
    return [{ code: "TARGET_NOT_CHECKED", field: "target", text, blocks: false }];
  }
  if (state.status === "absent") return [];
  const isOurs = state.tags[INSTALLATION_TAG] === deps.installation && (await isWrittenFor(deps.store, entryId, state));
  return [state.deletionDate === null ? presentFault(isOurs) : tombstoneFault(isOurs, state.deletionDate)];
}

function presentFault(isOurs: boolean): PreflightFault {
  if (!isOurs) {
    const text =
      "A secret of that name exists in AWS and is not from this path. Choose another name, or ask support to adopt it.";
    return stopAtTarget("TARGET_TAKEN", text);
  }
  const text =
    "Glovebox moved this path there before: the target gets a new version, and the old one stays as AWSPREVIOUS.";
  return { code: "TARGET_GETS_NEW_VERSION", field: "target", text, blocks: false };
}

function tombstoneFault(isOurs: boolean, date: Date): PreflightFault {
  const day = date.toISOString().slice(0, 10);
  if (!isOurs) {
    const text = `A secret of that name is scheduled for deletion in AWS (${day}), which keeps the name until then. Choose another name, ask its owner to restore it, or wait.`;
    return stopAtTarget("TARGET_TOMBSTONED", text);
  }
  const text = `An earlier move of this path was undone, so the target is scheduled for deletion (${day}). It will be restored and get a new version.`;
  return { code: "TARGET_WILL_BE_RESTORED", field: "target", text, blocks: false };
}

/** Our tag says which installation wrote the target; only our own records say for which path. */
async function isWrittenFor(store: Store, entryId: number, { arn }: PresentTarget): Promise<boolean> {
  const row = await store
    .selectFrom("migration")
    .innerJoin("request", "request.id", "migration.requestId")
    .select("migration.id")
    .where("migration.targetArn", "=", arn)
    .where("request.entryId", "=", entryId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Other paths on their way to that name. */
async function claimFaults(store: Store, { entryId, target }: PreflightInput): Promise<PreflightFault[]> {
  const name = target.name.toLowerCase();
  const rows = await store
    .selectFrom("request")
    .select(["id", "content"])
    .where("entryId", "!=", entryId)
    .where("status", "in", CLAIMING_STATUSES)
    .where(sql<boolean>`strpos(lower(content), ${name}) > 0`)
    .execute();
  const claim = rows.find(({ content }) => {
    const other = claimedTarget(content);
    return other !== null && placeKey(other) === placeKey(target);
  });
  return claim ? [claimedFault(claim.id)] : [];
}

/** Another path's request has the name. */
export function claimedFault(requestId: string): PreflightFault {
  const text = `${requestId} sends another path to that name (capitals count as the same). Choose another name.`;
  return stopAtTarget("TARGET_CLAIMED", text);
}

function stopAtTarget(code: string, text: string): PreflightFault {
  return { code, field: "target", text, blocks: true };
}
