import type { Keyring } from "../audit/signing.ts";
import { type Adoption, Envelope } from "./content.ts";
import { NothingToTakeOverError, NotRequesterError } from "./errors.ts";
import { latestConflict } from "./latest-migration.ts";
import { readSigned } from "./read-signed.ts";
import { findRequest } from "./request-row.ts";
import { type SendRequestDeps, sendRequest } from "./send-request.ts";

/**
 * After a move that met somebody else's target: asks for it again, with the wish to take that target over as it was met.
 * The request waits for its approvers again; nothing is touched before they say yes, nor if the target changes first.
 * @param input `version` and `seen` are what the person was shown.
 * @throws {RequestNotFoundError} {NotRequesterError} {SignatureRefusedError}
 * @throws {NothingToTakeOverError} It is no longer so, or more than one target is somebody else's.
 */
export async function takeOverTarget(
  deps: SendRequestDeps & { readonly keyring: Keyring },
  { requestId, version, by, seen }: { requestId: string; version: number; by: string; seen: Adoption },
): Promise<{ envelopeId: string }> {
  const row = await findRequest(deps.store, requestId);
  if (row.requester !== by) throw new NotRequesterError(`take over the target of ${requestId}`, row.requester);
  const conflict = await latestConflict(deps.store, requestId);
  const isStill = row.status === "failed" && row.version === version;
  if (!isStill || conflict === null || conflict.others.length > 0 || !isSame(conflict, seen)) {
    throw new NothingToTakeOverError();
  }
  const signed = { bytes: row.content, signature: row.signature, keyId: row.keyId };
  const { content } = readSigned(deps.keyring, "envelope", signed, Envelope);
  return sendRequest(deps, { content: { ...content, adopt: { ...seen } }, replaces: requestId });
}

const isSame = (met: Adoption, seen: Adoption): boolean =>
  met.arn === seen.arn && met.versionId === seen.versionId && met.isTombstone === seen.isTombstone;
