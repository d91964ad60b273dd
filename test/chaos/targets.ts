import type { ValueShape } from "../../src/approvals/content.ts";
import type { MigrationPlan } from "./plan.ts";

/** How a value lies in AWS. JSON counts by what it says; text and bytes (here as base64) to the last one. */
export interface LaidValue {
  readonly as: "json" | "text" | "bytes";
  readonly content: string;
}

interface ExpectedVersion {
  readonly value: LaidValue;
  /** null: not known yet which version it is. */
  readonly versionId: string | null;
}

/** What the judge knows must be at one target, from the schedule and from what was planted, not from our tables. */
export interface ExpectedTarget {
  readonly name: string;
  readonly is: "absent" | "live" | "tombstone";
  /** `untouched`: somebody else's, as they left it. `taken over`: theirs, with ours in it. */
  readonly theirs: "no" | "untouched" | "taken over";
  /** Every label but AWSPREVIOUS, which AWS moves by itself. */
  readonly labels: Readonly<Record<string, ExpectedVersion>>;
}

/** The keys of every planted document, each in one part. */
const PARTS = [
  { name: "login", keys: ["username", "password"] },
  { name: "rest", keys: ["pool", "file"] },
];

const SHAPES: Readonly<Record<MigrationPlan["shape"], ValueShape>> = {
  document: { kind: "document" },
  single: { kind: "single", key: "password", encoding: "text" },
  bytes: { kind: "single", key: "file", encoding: "base64" },
  split: { kind: "split", parts: PARTS },
};
export const shapeOf = ({ shape }: MigrationPlan): ValueShape => SHAPES[shape];

export const namesOf = ({ shape }: MigrationPlan, name: string): string[] =>
  shape === "split" ? PARTS.map((part) => `${name}/${part.name}`) : [name];

/** What one planted document becomes, for each target in turn. */
export function laidOf({ shape }: MigrationPlan, document: string): LaidValue[] {
  const whole = JSON.parse(document) as Record<string, unknown>;
  if (shape === "single") return [{ as: "text", content: String(whole.password) }];
  if (shape === "bytes") return [{ as: "bytes", content: String(whole.file) }];
  if (shape === "document") return [{ as: "json", content: document }];
  return PARTS.map(({ keys }) => ({
    as: "json",
    content: JSON.stringify(Object.fromEntries(keys.map((key) => [key, whole[key]]))),
  }));
}

/**
 * After a move of Vault's newest version with the older ones that were asked for.
 * @param values The planted document of each Vault version, the newest last.
 * @param mayPutAgain AWS refused a call meanwhile. If that was the look whether the value is there already, it counts as
 * another and is put once more.
 */
export function afterMove(
  plan: MigrationPlan,
  targets: readonly ExpectedTarget[],
  values: readonly string[],
  mayPutAgain = false,
): ExpectedTarget[] {
  const newest = values.length;
  const oldest = Math.max(1, newest - plan.olderVersions);
  return targets.map((target, place) => {
    const labels = { ...target.labels };
    for (let version = oldest; version <= newest; version += 1) {
      const label = version === newest ? "AWSCURRENT" : `vault-v${version}`;
      const value = laidOf(plan, values[version - 1] ?? "{}")[place] as LaidValue;
      const held = labels[label];
      const isKept = held?.value.as === value.as && held.value.content === value.content;
      if (!isKept || mayPutAgain) labels[label] = { value, versionId: null }; // else an equal value is not put once more
    }
    return { ...target, is: "live", theirs: target.theirs === "no" ? "no" : "taken over", labels };
  });
}

/** Everything is as it was before the move; what that created is scheduled for deletion. */
export function afterUndo(before: readonly ExpectedTarget[], moved: readonly ExpectedTarget[]): ExpectedTarget[] {
  return before.map((target, place) =>
    target.is === "absent" ? { ...target, is: "tombstone", labels: moved[place]?.labels ?? {} } : target,
  );
}

/** From now on these versions must keep their labels, until something else is ordered. */
export function withIds(target: ExpectedTarget, idByLabel: Readonly<Record<string, string>>): ExpectedTarget {
  const labels = Object.entries(target.labels).map(([label, version]) => [
    label,
    { ...version, versionId: version.versionId ?? idByLabel[label] ?? null },
  ]);
  return { ...target, labels: Object.fromEntries(labels) };
}
