import { GloveboxError } from "../errors.ts";

/** Vault's version is no longer the approved one; the value that was read was dropped. */
export class VersionMovedError extends GloveboxError {
  readonly code = "VERSION_MOVED";
  readonly userMessage: string;
  readonly vaultVersion: number;
  constructor(approved: number, found: number) {
    super(`approved version ${approved}, found ${found}`);
    this.vaultVersion = found;
    this.userMessage = `The secret changed in Vault after the approval (version ${approved} was approved, ${found} is there now), so nothing was written. I've asked the approvers again.`;
  }
}

/** Somebody, or Vault, ended the admin's or the reader's token while we worked with it. */
export class VaultTokenDeadError extends GloveboxError {
  readonly code = "VAULT_TOKEN_DEAD";
  readonly userMessage =
    "Somebody revoked the token that I worked with in Vault, so I stopped and gave back what was lent. Ask Vault's operators who did, then press Retry.";
  override readonly retryable = true;
  constructor(whose: "admin" | "reader") {
    super(`the ${whose}'s token died in the middle of a run`);
  }
}

export class TargetNotAllowedError extends GloveboxError {
  readonly code = "TARGET_NOT_ALLOWED";
  readonly userMessage =
    "The worker's own configuration does not allow that target, so nothing was read or moved. An operator must add it to the worker's allow-list, or choose another target.";
  constructor() {
    super("the approved target is not in this worker's allow-list");
  }
}

export class SettingsNotAllowedError extends GloveboxError {
  readonly code = "SETTINGS_NOT_ALLOWED";
  readonly userMessage =
    "The worker's own rules don't set that description, replicas or resource policy on this target, so nothing was read or moved. If the rules changed since the request, request it again; otherwise an operator must compare glovebox.yaml of bot and worker.";
  constructor() {
    super("the approved settings are not those of this worker's rules");
  }
}

export class TargetNotOursError extends GloveboxError {
  readonly code = "TARGET_NOT_OURS";
  readonly userMessage: string;
  /** @param hasChanged Somebody said to take it over, and something else is there now. */
  constructor(hasChanged = false) {
    super(hasChanged ? "the target is not what was adopted" : "the target exists without our ownership tag");
    this.userMessage = hasChanged
      ? "The target changed after somebody said to take it over: its ARN, its current version or its deletion is another now. Nothing was written. Look at it again, then take it over as it is, or choose another name."
      : "The target already exists and Glovebox did not make it, so nothing was written. Choose another name, take it over, or stop here.";
  }
}

export class ReadBackMismatchError extends GloveboxError {
  readonly code = "READ_BACK_MISMATCH";
  readonly userMessage =
    "What AWS gave back was not what I wrote. Vault is unchanged. Press Retry, and tell the operators if it comes again.";
  constructor() {
    super("the value read back differs from the one written");
  }
}

/** Something beside the value is not as it was set: a label, a description, a policy. */
export class SettingsMissingError extends GloveboxError {
  readonly code = "SETTINGS_MISSING";
  readonly userMessage: string;
  constructor(what: string) {
    super(`AWS shows another ${what} than was set`);
    this.userMessage = `The target's ${what} in AWS is not what I set. Vault is unchanged. Press Retry, and tell the operators if it comes again.`;
  }
}

export class ReplicaFailedError extends GloveboxError {
  readonly code = "REPLICA_FAILED";
  readonly userMessage =
    "AWS couldn't copy the target to one of the regions that the rules name: its name may be taken there, or its key can't be used. Vault is unchanged; an operator must look at that region, then press Retry.";
  constructor() {
    super("a replica of the target failed");
  }
}

/** A crash came between the write and its end, and the write can't be ended any more. */
export class InterruptedWriteError extends GloveboxError {
  readonly code = "WRITE_INTERRUPTED";
  readonly userMessage =
    "An earlier process was stopped after it wrote to AWS, and that write can't be finished any more, so I made sure that it is taken back. Vault is unchanged. Press Retry.";
  constructor() {
    super("the journaled version is in AWS, and is taken back or can't be compared");
  }
}

export class MigrationNotFoundError extends GloveboxError {
  readonly code = "MIGRATION_NOT_FOUND";
  readonly userMessage = "That migration does not exist any more, so nothing was done. Look at the request's card.";
  constructor() {
    super("no such migration");
  }
}

/** The system of record went away in the middle of a step. */
export class StoreLostError extends GloveboxError {
  readonly code = "STORE_LOST";
  readonly userMessage =
    "The connection to Glovebox's own database broke in the middle, so I gave back what was lent. Press Retry where it is offered; otherwise I go on by myself.";
  override readonly retryable = true;
  constructor() {
    super("the connection to Postgres broke");
  }
}

/** Something that we did not foresee. Its own message may hold anything, so only its kind and place are kept. */
export class UnforeseenError extends GloveboxError {
  readonly code = "UNFORESEEN";
  readonly userMessage: string;
  constructor(reference: string, error: unknown) {
    const kind = error instanceof Error ? error.name : typeof error;
    const place = error instanceof Error ? (error.stack ?? "").split("\n").find((line) => /^\s+at /.test(line)) : "";
    super(`${reference}: ${kind}${place ?? ""}`);
    this.userMessage = `Something broke on our side, and I put everything back that I could. Press Retry, or ask support with reference ${reference}.`;
  }
}

export class AlreadyFinishedError extends GloveboxError {
  readonly code = "ALREADY_DONE";
  readonly userMessage = "This approval was already carried out once, so nothing was moved again.";
  constructor() {
    super("the statement is finished");
  }
}

export class UndoExpiredError extends GloveboxError {
  readonly code = "UNDO_EXPIRED";
  readonly userMessage =
    "The order to undo ran out before it was carried out, so nothing was changed. Press Undo again.";
  constructor() {
    super("the undo order has expired");
  }
}
