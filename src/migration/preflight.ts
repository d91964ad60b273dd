import { sql } from "kysely";
import type { Adoption, ValueShape } from "../approvals/content.ts";
import { targetsOf } from "../approvals/target-places.ts";
import { describeEntry, type EntryDescription } from "../catalog/describe-entry.ts";
import { SEES_ALL } from "../catalog/visibility.ts";
import { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import { type AllowedTarget, targetRuleFault } from "./allowed-target.ts";
import type { LaneLimits, LaneVerdict } from "./lane-of.ts";
import { LANE_WORDS, type LaneReason } from "./lanes/lane.ts";
import { loadLane } from "./lanes/load-lane.ts";
import { nameFaults } from "./name-faults.ts";
import { type PreflightFault, type PreflightInput, stopAtTarget } from "./preflight-fault.ts";
import type { PresentTarget, SecretTarget } from "./secret-target.ts";
import { tagFaults } from "./tag-faults.ts";
import { targetNameFault } from "./target-name.ts";
import { INSTALLATION_TAG } from "./target-tags.ts";

export interface PreflightDeps {
  readonly store: Store;
  readonly target: Pick<SecretTarget, "describe">;
  readonly allowedTargets: readonly AllowedTarget[];
  /** The value of INSTALLATION_TAG on targets that are ours. */
  readonly installation: string;
  readonly limits: LaneLimits;
  readonly now: () => Date;
}

/**
 * Judges a wish before anybody approves it, without a value: names, metadata and AWS's description of the target.
 * Nothing here is a promise: the engine looks at the target again before it writes.
 * @throws {EntryUnknownError}
 */
export async function preflight(deps: PreflightDeps, input: PreflightInput): Promise<PreflightFault[]> {
  const entry = await describeEntry(deps.store, input.entryId, SEES_ALL, deps.now());
  const own = [
    ...entryFaults(entry),
    ...laneFaults(await loadLane(deps, input.entryId)),
    ...shapeFaults(entry, input.shape),
    ...placeFaults(deps.allowedTargets, input),
  ];
  // A target that can't be is not looked up: AWS would only refuse the name.
  const canLookUp = !own.some(({ field, blocks }) => field === "target" && blocks);
  const inAws = canLookUp ? await partsInAws(deps, input) : [];
  const elsewhere = canLookUp ? await nameFaults(deps.store, deps.allowedTargets, input) : [];
  return [...own, ...inAws, ...elsewhere, ...labelFaults(input.tags)];
}

/** What Vault says of an entry's state, whatever is wished for it. */
export function entryFaults({ goneAt, isDeleted }: Pick<EntryDescription, "goneAt" | "isDeleted">): PreflightFault[] {
  const stop = (code: string, text: string): PreflightFault => ({ code, field: "path", text, blocks: true });
  if (goneAt !== null) {
    const text = "Vault no longer has this secret. Check its spelling, or ask its owner if it was deleted.";
    return [stop("SECRET_GONE", text)];
  }
  if (!isDeleted) return [];
  const text = "Its current version is deleted in Vault, so there is no value to move. Undelete it first.";
  return [stop("VERSION_DELETED", text)];
}

/** What stops the move, each by itself; what a person should know or decide, in one line with the first's next step. */
function laneFaults({ reasons }: LaneVerdict): PreflightFault[] {
  const all: readonly LaneReason[] = reasons;
  const stops = all.filter(({ stops }) => stops);
  const others = all.filter(({ stops }) => !stops);
  const [first] = others;
  const fault = (reason: LaneReason, blocks: boolean): PreflightFault => ({
    ...{ code: reason.code, field: "path", blocks },
    text: sayReason(reason),
  });
  if (first === undefined || stops.length > 0) return stops.map((reason) => fault(reason, true));
  return [fault({ ...first, text: others.map(({ text }) => text).join("; ") }, false)];
}

/** A reason with its lane and its next step, for people. */
export const sayReason = ({ lane, text, nextStep }: LaneReason): string =>
  `${LANE_WORDS[lane]} lane: ${text}. ${nextStep}`;

/** Names of keys that usually hold files. */
const FILE_KEY = /keystore|truststore|jks|p12|pfx|bundle|archive|zip|tar|dump/i;

export function shapeFaults({ keyNames }: Pick<EntryDescription, "keyNames">, shape: ValueShape): PreflightFault[] {
  if (keyNames === null) return [];
  const moved = movedKeys(keyNames, shape);
  if (shape.kind === "single" && !keyNames.includes(shape.key)) {
    const text = "The secret has no such key at its top level. Choose one of its keys, or the whole document.";
    return [{ code: "KEY_UNKNOWN", field: "key", text, blocks: true }];
  }
  const unknown = moved.filter((key) => !keyNames.includes(key));
  if (unknown.length > 0) {
    const text = `The secret has no ${sayKeys(unknown)} at its top level. Name keys that it has.`;
    return [{ code: "KEY_UNKNOWN", field: "key", text, blocks: true }];
  }
  return [...leftBehind(keyNames, moved, shape), ...(moved.some((name) => FILE_KEY.test(name)) ? [SIZE_UNKNOWN] : [])];
}

const SIZE_UNKNOWN: PreflightFault = {
  code: "SIZE_UNKNOWN",
  field: "path",
  text: "It seems to hold a file. Vault doesn't tell sizes and AWS takes 65,536 bytes: the size is checked before anything is written.",
  blocks: false,
};

function movedKeys(keyNames: readonly string[], shape: ValueShape): readonly string[] {
  if (shape.kind === "document") return keyNames;
  return shape.kind === "single" ? [shape.key] : shape.parts.flatMap(({ keys }) => keys);
}

/** Of a split value people expect all of it in AWS; of one key nobody does. */
function leftBehind(keyNames: readonly string[], moved: readonly string[], { kind }: ValueShape): PreflightFault[] {
  const left = kind === "split" ? keyNames.filter((key) => !moved.includes(key)) : [];
  if (left.length === 0) return [];
  const text = `No group has ${sayKeys(left)}, so that stays in Vault alone. Name it in a group if it must move.`;
  return [{ code: "KEYS_LEFT_BEHIND", field: "key", text, blocks: false }];
}

const sayKeys = (keys: readonly string[]): string =>
  `key ${keys
    .slice(0, 5)
    .map((key) => `\`${key}\``)
    .join(", ")}${keys.length > 5 ? ` and ${keys.length - 5} more` : ""}`;

/** What the rules and AWS's alphabet say of a target, without a look at AWS. */
export function placeFaults(
  allowedTargets: readonly AllowedTarget[],
  { target, shape }: Pick<PreflightInput, "target"> & { shape?: ValueShape },
): PreflightFault[] {
  const rule = targetRuleFault(allowedTargets, target);
  const names = targetsOf({ target, shape: shape ?? { kind: "document" } }).map(({ name }) => targetNameFault(name));
  const name = targetNameFault(target.name) ?? names.find((fault) => fault !== null) ?? null;
  return [
    ...(rule === null ? [] : [stopAtTarget("TARGET_NOT_ALLOWED", rule)]),
    ...(name === null ? [] : [stopAtTarget(name.code, name.text)]),
  ];
}

export function labelFaults(tags: Readonly<Record<string, string>>): PreflightFault[] {
  return tagFaults(tags).map((fault) => ({ ...fault, field: "tags", blocks: true }));
}

/** A split value has a target for each part, and the fault names it. */
async function partsInAws(deps: PreflightDeps, input: PreflightInput): Promise<PreflightFault[]> {
  const { entryId, target, shape, adopt = null } = input;
  if (shape.kind !== "split") return takenFaults(deps, { entryId, target, adopt });
  const parts = targetsOf({ target, shape });
  const found = await Promise.all(parts.map((part) => takenFaults(deps, { entryId, target: part, adopt })));
  return found.flatMap((faults, place) =>
    faults.map((fault) => ({ ...fault, text: `\`${parts[place]?.name}\`: ${fault.text}` })),
  );
}

/** What AWS says of the name: one call. It never throws for AWS's sake; `TARGET_NOT_CHECKED` says that it gave no answer. */
export async function takenFaults(
  deps: Pick<PreflightDeps, "store" | "target" | "installation">,
  { entryId, target, adopt = null }: Pick<PreflightInput, "entryId" | "target" | "adopt">,
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
  const isOurs = await isOurTarget(deps, entryId, state);
  if (!isOurs && adopt !== null && isAsSeen(state, adopt)) return [TAKEN_OVER];
  return [state.deletionDate === null ? presentFault(isOurs) : tombstoneFault(isOurs, state.deletionDate)];
}

const TAKEN_OVER: PreflightFault = {
  code: "TARGET_TAKEN_OVER",
  field: "target",
  text: "The target is not from this path and is taken over as it stands, if the approvers allow it.",
  blocks: false,
};

const isAsSeen = ({ arn, currentVersionId, deletionDate }: PresentTarget, adopt: Adoption): boolean =>
  arn === adopt.arn && currentVersionId === adopt.versionId && (deletionDate !== null) === adopt.isTombstone;

/** Made by this installation, and for this entry. */
export async function isOurTarget(
  { store, installation }: Pick<PreflightDeps, "store" | "installation">,
  entryId: number,
  state: PresentTarget,
): Promise<boolean> {
  return state.tags[INSTALLATION_TAG] === installation && (await isWrittenFor(store, entryId, state));
}

function presentFault(isOurs: boolean): PreflightFault {
  if (!isOurs) {
    const text =
      "A secret of that name exists in AWS and is not from this path. Choose another name, or take it over, which the approvers must allow.";
    return stopAtTarget("TARGET_TAKEN", text);
  }
  const text =
    "Glovebox moved this path there before: the target gets a new version, and the old one stays as AWSPREVIOUS.";
  return { code: "TARGET_GETS_NEW_VERSION", field: "target", text, blocks: false };
}

function tombstoneFault(isOurs: boolean, date: Date): PreflightFault {
  const day = dayOf(date);
  if (!isOurs) {
    const text = `A secret of that name is scheduled for deletion in AWS (${day}), which keeps the name for now. Choose another name, take it over (it is restored, and the approvers must allow it), or wait: at the latest on ${dayOf(lastDayOf(date))} the name is free.`;
    return stopAtTarget("TARGET_TOMBSTONED", text);
  }
  const text = `An earlier move of this path was undone, so the target is scheduled for deletion (${day}). It will be restored and get a new version.`;
  return { code: "TARGET_WILL_BE_RESTORED", field: "target", text, blocks: false };
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/** AWS's documentation leaves open whether the date is the order's or the deletion's; they are 7 to 30 days apart. */
const lastDayOf = (date: Date): Date => new Date(date.getTime() + 30 * 86_400_000);

/** Our tag says which installation wrote the target; only our own records say for which path. */
async function isWrittenFor(store: Store, entryId: number, { arn }: PresentTarget): Promise<boolean> {
  const row = await store
    .selectFrom("migration")
    .innerJoin("request", "request.id", "migration.requestId")
    .select("migration.id")
    .where(sql<boolean>`migration.target_arns @> array[${arn}]`)
    .where("request.entryId", "=", entryId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
