import type { RequestSource } from "../approvals/content.ts";
import { GloveboxError } from "../errors.ts";
import type { Secret } from "../secret.ts";

/**
 * The same call with the same token, before and after: a proof that could have failed.
 * @see facts/vault: a look-up by accessor answers 400 for an accessor that never existed, so it proves nothing.
 */
export interface DeathProof {
  readonly call: string;
  readonly aliveAt: string;
  /** When that call was refused. */
  readonly refusedAt: string;
  readonly refusedStatus: number;
}

/** The admin identity, logged in for one migration. It can lend a path only while the gate holds it open. */
export interface AdminSession {
  readonly accessor: string;
  /** Waits for the proof that the token lives, which is made from the login on. Before anything is done with it. */
  proveAlive(): Promise<void>;
  /** @throws {GateClosedError} The gate does not hold exactly this path open for this request. @throws {NamespaceNotServedError} */
  mint(source: RequestSource, requestId: string): Promise<MintedSecretId>;
  /** Reader login with a minted secret ID, which that spends. */
  lend(source: RequestSource, minted: MintedSecretId): Promise<ReaderSession>;
  closeGate(): Promise<void>;
  /** Destroys every secret ID of the mount's reader. @returns How many there were. */
  destroySecretIds(mount: string): Promise<number>;
  listSecretIds(mount: string): Promise<readonly string[]>;
  /** Safe to repeat: an accessor that is already dead counts as done. */
  revoke(accessor: string): Promise<void>;
  /** Shuts the reader's entity, or opens it again. Live tokens of it are refused while it is shut. */
  setReaderDisabled(mount: string, isDisabled: boolean): Promise<void>;
  isReaderDisabled(mount: string): Promise<boolean>;
  /** Asks by the call that worked at the login, so a right that is missing elsewhere is not taken for death. */
  isAlive(): Promise<boolean>;
  revokeSelf(): Promise<DeathProof>;
}

export interface MintedSecretId {
  readonly secretId: Secret;
  readonly accessor: string;
}

/** The reader identity, logged in once for one path. */
export interface ReaderSession {
  readonly accessor: string;
  /**
   * Proves that the lease is what it should be: `read` and nothing else on the path, nothing on a sibling, and that the
   * mount is still the one that was approved.
   * @throws {LeaseTooWideError} {MountReplacedError}
   */
  proveGrant(): Promise<void>;
  /**
   * The secret exactly as Vault answers it: the JSON text of its data object, digits and nesting untouched.
   * @throws {SecretNotFoundError} {SecretDeletedError}
   */
  read(): Promise<{ data: Secret; version: number | null }>;
  /** KV v2: an older version, or why Vault no longer has it. */
  readOlder(version: number): Promise<{ data: Secret } | { missing: "deleted" | "not kept" }>;
  /** @throws {LeaseStillAliveError} The call of `proveGrant` still succeeds after the revocation. */
  proveDead(): Promise<DeathProof>;
}

/** Vault's lease in our words. */
export interface LeaseBroker {
  /** Logs the admin identity in, with its own retry on everything but a refusal. See `proveAlive`. */
  loginAdmin(): Promise<AdminSession>;
  /** How long a reader token can live at most. */
  readonly readerTtlMs: number;
}

export class GateClosedError extends GloveboxError {
  readonly code = "GATE_CLOSED";
  readonly userMessage =
    "Vault's gate is not open for this path, so nothing was read. Press Retry; if it comes again, ask the operators to run `glovebox doctor`.";
  constructor(requestId: string) {
    super(`minting for ${requestId} was refused: the gate does not hold it open`);
  }
}

export class NamespaceNotServedError extends GloveboxError {
  readonly code = "NAMESPACE_NOT_SERVED";
  readonly userMessage =
    "The path is in a namespace of Vault that this worker does not serve, so nothing was read. Ask the operators which one does.";
  constructor() {
    super("the approved path is in another namespace than this worker's");
  }
}

export class LeaseTooWideError extends GloveboxError {
  readonly code = "LEASE_TOO_WIDE";
  readonly userMessage =
    "The lease from Vault was not limited to exactly this path, so I gave it back and read nothing. Ask the operators to run `glovebox doctor`.";
  constructor(what: string) {
    super(`the reader's rights are not as they must be: ${what}`);
  }
}

export class MountReplacedError extends GloveboxError {
  readonly code = "MOUNT_REPLACED";
  readonly userMessage =
    "The Vault mount behind this path was replaced after the approval, so I read nothing. Ask for the migration again.";
  constructor(mount: string) {
    super(`mount ${mount} no longer has the accessor that was approved`);
  }
}

export class LeaseStillAliveError extends GloveboxError {
  readonly code = "LEASE_STILL_ALIVE";
  readonly userMessage =
    "Vault still accepted the lease after it was revoked, so I stopped before AWS was touched. Tell the operators now; the lease ends by itself within a minute.";
  constructor() {
    super("the reader's token still works after its revocation");
  }
}

export class SecretNotFoundError extends GloveboxError {
  readonly code = "SECRET_NOT_FOUND";
  readonly userMessage =
    "Vault has no such secret any more, so nothing was moved. Check the spelling, or ask its owner if it was deleted.";
  constructor() {
    super("no secret at the approved path");
  }
}

export class SecretDeletedError extends GloveboxError {
  readonly code = "SECRET_DELETED";
  readonly userMessage =
    "The secret's current version is deleted in Vault, so there is no value to move. Undelete it there first.";
  constructor() {
    super("the current version at the approved path is deleted or destroyed");
  }
}
