/**
 * What the engine does with a failure.
 * - `retry`: again by itself, soon. - `wait`: again by itself, once what it waits for is back.
 * - `park`: failed; a person's next step is on the card. - `stop`: parked, and the whole run is paused until an operator
 *   has looked: the next secret would meet the same.
 */
export type Reaction = "retry" | "wait" | "park" | "stop";

export interface Cause {
  readonly does: Reaction;
  /** For retry and wait: what the card says it waits for. */
  readonly waitsFor: string;
  /** For retry and wait: after so many hours of this one cause it is parked. */
  readonly limitHours: number;
  /** For park: with so many within an hour the run stops. Then it is not the fault of one secret. */
  readonly stopsAfter: number;
}

const retry = (waitsFor: string): Cause => ({ does: "retry", waitsFor, limitHours: 1, stopsAfter: NEVER });
const wait = (waitsFor: string): Cause => ({ does: "wait", waitsFor, limitHours: 24, stopsAfter: NEVER });
const park = (stopsAfter?: number): Cause => ({ ...PARK, stopsAfter: stopsAfter ?? NEVER });

const NEVER = Number.POSITIVE_INFINITY;
const PARK: Cause = { does: "park", waitsFor: "", limitHours: 0, stopsAfter: NEVER };
const STOP: Cause = { ...PARK, does: "stop" };

/** Every code that a migration can end an attempt with. docs/errors.md shows the same, and a test compares the two. */
export const CAUSES: Readonly<Record<string, Cause>> = {
  // The gate.
  GATE_PAUSED: wait("Waiting until an operator resumes the moves"),
  GATE_STALE_ASK: retry("Another worker took over before the gate opened"),
  SIGNATURE_REFUSED: park(3),
  APPROVAL_EXPIRED: park(),
  APPROVAL_TOO_EARLY: wait("Waiting for its earliest time"),
  ALREADY_DONE: park(),
  REQUEST_CHANGED: park(),
  APPROVER_GONE: park(),
  GATE_PACE: wait("The gate has opened as often as it may this hour; waiting for the next"),
  DATABASE_BEHIND: STOP,
  NAMESPACE_NOT_SERVED: park(),
  PATH_NOT_GRANTABLE: park(),
  PATH_OUTSIDE_PREFIXES: park(),
  MEMBERSHIP_UNKNOWN: wait("Waiting for Slack to say whether the approver still is one"),
  GATE_UNANSWERED: wait("Waiting for the process that holds the gate"),
  // Vault.
  SECRET_NOT_FOUND: park(),
  SECRET_DELETED: park(),
  VAULT_UNAVAILABLE: retry("Vault did not answer as it should"),
  VAULT_SEALED: wait("Waiting for Vault to be unsealed"),
  VAULT_REFUSED: park(5),
  VAULT_TOKEN_DEAD: retry("Somebody revoked the token that I worked with in Vault"),
  VAULT_LOGIN_FILE: park(3),
  VAULT_TOKEN_IRREVOCABLE: STOP,
  VAULT_NAMESPACES_NOT_SHOWN: STOP,
  AWS_CREDENTIALS: wait("Waiting for AWS credentials to log in to Vault with"),
  GATE_CLOSED: park(5),
  LEASE_TOO_WIDE: park(3),
  MOUNT_REPLACED: park(),
  LEASE_STILL_ALIVE: STOP,
  VERSION_MOVED: park(),
  // The value.
  UNREADABLE_VALUE: park(),
  MISSING_KEY: park(),
  UNASSIGNED_KEY: park(),
  NOT_BASE64: park(),
  OLDER_VERSION_UNFIT: park(),
  EMPTY_VALUE: park(),
  OVERSIZED_VALUE: park(),
  // AWS.
  TARGET_NOT_ALLOWED: park(),
  SETTINGS_NOT_ALLOWED: park(3),
  TARGET_NOT_OURS: park(),
  TARGET_TAKEN: park(),
  TARGET_TOMBSTONED: park(),
  TARGET_ACCESS_DENIED: park(5),
  TARGET_ACCOUNT: park(3),
  TARGET_UNAVAILABLE: retry("AWS did not answer"),
  TARGET_THROTTLED: retry("AWS is limiting the calls of this account"),
  TARGET_NOT_FOUND: park(),
  TARGET_MOVED_ON: park(),
  TARGET_LIMIT: STOP,
  TARGET_KEY: STOP,
  TARGET_POLICY: park(3),
  SETTINGS_MISSING: park(3),
  REPLICA_FAILED: park(3),
  TARGET_REFUSED: park(),
  WRITE_INTERRUPTED: park(),
  READ_BACK_MISMATCH: park(2),
  // The run.
  FENCE_HELD: retry("Another worker is moving a secret"),
  FENCE_LOST: retry("Another worker took over"),
  MIGRATION_NOT_FOUND: park(),
  STORE_LOST: retry("The connection to my own database broke"),
  UNFORESEEN: park(5),
};

/** What nobody put into the table waits for a person. */
export const causeFor = (code: string): Cause => CAUSES[code] ?? PARK;

/** Both go on by themselves. They differ in how soon, and for how long. */
export const comesAgain = ({ does }: Cause): boolean => does === "retry" || does === "wait";

const FIRST_SECONDS = { retry: 2, wait: 15, park: 0, stop: 0 };
const LONGEST_SECONDS = 300;

/** How long the next attempt waits after the n-th failure of one cause: doubling, up to five minutes. */
export function secondsUntilNext({ does }: Cause, failureCount: number): number {
  return Math.min(FIRST_SECONDS[does] * 2 ** Math.min(failureCount - 1, 20), LONGEST_SECONDS);
}
