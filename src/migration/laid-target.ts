import type { ApprovalStatement, TargetRef } from "../approvals/content.ts";
import { targetsOf } from "../approvals/target-places.ts";
import type { Secret } from "../secret.ts";

import { layDownValue } from "./lay-down-value.ts";
import type { ReadValue } from "./lend-and-read.ts";
import type { TargetValue } from "./secret-target.ts";
import { OlderVersionUnfitError, UnfitValueError } from "./value-errors.ts";
import { CURRENT_STAGE } from "./write-list.ts";

export interface LaidVersion {
  readonly stage: string;
  readonly vaultVersion: number | null;
  readonly value: TargetValue;
}

/** What goes to one target. */
export interface LaidTarget {
  readonly ref: TargetRef;
  /** The oldest first, AWSCURRENT last. */
  readonly versions: readonly LaidVersion[];
}

/**
 * Lays every version down in the approved shape, before anything is written.
 * @throws {UnfitValueError} and its kinds. @throws {OlderVersionUnfitError}
 */
export function layDownTargets(
  { data, vaultVersion, older }: ReadValue,
  statement: Pick<ApprovalStatement, "target" | "shape">,
): LaidTarget[] {
  const lay = (version: Secret): TargetValue[] => layDownValue(version, statement.shape);
  const versions = [
    ...older.map((version) => ({
      stage: `vault-v${version.vaultVersion}`,
      vaultVersion: version.vaultVersion,
      values: layDownOlder(version.vaultVersion, () => lay(version.data)),
    })),
    { stage: CURRENT_STAGE, vaultVersion, values: lay(data) },
  ];
  return targetsOf(statement).map((ref, place) => ({
    ref,
    versions: versions.map(({ values, ...version }) => ({ ...version, value: valueAt(values, place) })),
  }));
}

/** A value that Vault still has is not left out in silence: the request asks for fewer, or nothing moves. */
function layDownOlder(vaultVersion: number, lay: () => TargetValue[]): TargetValue[] {
  try {
    return lay();
  } catch (error) {
    throw error instanceof UnfitValueError ? new OlderVersionUnfitError(vaultVersion, error.code) : error;
  }
}

function valueAt(values: readonly TargetValue[], place: number): TargetValue {
  const value = values[place];
  if (!value) throw new TypeError("a shape lays down one value for each of its targets");
  return value;
}
