import { findClaim, placeKey, placesOf, targetsOf } from "../approvals/target-places.ts";
import { lookKey } from "../catalog/look-key.ts";
import { formatPath, type SecretPath } from "../catalog/secret-path.ts";
import type { Store } from "../store/open-store.ts";
import type { AllowedTarget } from "./allowed-target.ts";
import { type PreflightFault, type PreflightInput, stopAtTarget } from "./preflight-fault.ts";
import { readTargetName } from "./read-target-name.ts";
import { suggestTargetName } from "./target-name.ts";

/** Whose the wished names are, or would be, besides this entry's: known from our own records alone. */
export async function nameFaults(
  store: Store,
  rules: readonly AllowedTarget[],
  { entryId, target, shape }: Pick<PreflightInput, "entryId" | "target" | "shape">,
): Promise<PreflightFault[]> {
  const claim = await findClaim(store, { entryId }, placesOf({ target, shape }));
  if (claim !== null) return [claimedFault(claim)];
  const found = await Promise.all(
    targetsOf({ target, shape }).flatMap((place) =>
      rules
        .filter(({ accountId, region }) => accountId === place.accountId && region === place.region)
        .map((rule) => namesakeOf(store, rule, place, entryId)),
    ),
  );
  return [...new Map(found.flat().map((fault) => [fault.text, fault])).values()];
}

/** Another path's request has the name. */
export function claimedFault(requestId: string): PreflightFault {
  const text = `${requestId} sends another path to that name (capitals count as the same). Choose another name.`;
  return stopAtTarget("TARGET_CLAIMED", text);
}

/** Reads the name back to the path that the rule's template would give it to, and looks for that path, or a case twin. */
async function namesakeOf(
  store: Store,
  rule: AllowedTarget,
  place: { accountId: string; region: string; name: string },
  entryId: number,
): Promise<PreflightFault[]> {
  const source = readTargetName(place.name, rule);
  const key = source === null ? "" : lookKey(formatPath(source));
  if (key === "") return [];
  const alike = await store
    .selectFrom("entry")
    .select(["id", "namespace", "mount", "path", "fullPath"])
    .where("lookKey", "=", key)
    .where("goneAt", "is", null)
    .execute();
  const same = alike.filter((entry) => hasName(entry, rule, place));
  const isOwn = same.some(({ id }) => id === entryId);
  const other = same.find(({ id }) => id !== entryId);
  return other === undefined ? [] : [isOwn ? twinNote(other.fullPath) : namesakeFault(place.name, other.fullPath)];
}

function hasName(
  entry: SecretPath,
  rule: AllowedTarget,
  place: { accountId: string; region: string; name: string },
): boolean {
  try {
    return placeKey({ ...place, name: suggestTargetName(entry, rule) }) === placeKey(place);
  } catch {
    return false; // too long for a name
  }
}

function twinNote(fullPath: string): PreflightFault {
  const text = `\`${fullPath}\` would get the same name (capitals count as the same). If both are needed, give one of them another name.`;
  return { code: "NAME_COLLISION", field: "target", text, blocks: false };
}

function namesakeFault(name: string, fullPath: string): PreflightFault {
  const text = `\`${name}\` is the name that \`${fullPath}\` would get. Choose another name, so that both can move.`;
  return stopAtTarget("NAME_OF_ANOTHER", text);
}
