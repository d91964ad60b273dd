import type { AskGate } from "../approvals/ask-gate.ts";
import type { Keyring, Signer } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import type { AllowedTarget } from "./allowed-target.ts";
import type { LeaseBroker } from "./lease-broker.ts";
import type { SecretTarget } from "./secret-target.ts";
import type { DigestKey } from "./value-digest.ts";

/** All that the engine needs, handed in: it opens nothing and reads no configuration itself. */
export interface MigrateDeps {
  readonly store: Store;
  /** The approval keys that this worker trusts. */
  readonly keyring: Keyring;
  /** Whose word lets a finished version move once more; nobody's where absent. */
  readonly operatorKeys?: Keyring;
  /** Signs receipts and finished statements. */
  readonly signer: Signer;
  /** What was signed by it, or by the keys that it had before. */
  readonly ownKeyring: Keyring;
  readonly digestKey: DigestKey;
  readonly broker: LeaseBroker;
  readonly target: SecretTarget;
  /** The worker's own list, from its own configuration. */
  readonly allowedTargets: readonly AllowedTarget[];
  readonly askGate: AskGate;
  /** Value of the ownership tag. */
  readonly installation: string;
  readonly separation: "on" | "off";
  /** "off": no gate was asked; `askGate` is the worker's own. Said on receipts. */
  readonly gate: "on" | "off";
  /** Names this worker in the fence. */
  readonly holder: string;
  /** How long the fence holds without a heartbeat. */
  readonly fenceSeconds: number;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly log: EngineLog;
  /** Hears the name of every point that a run passes; the crash test kills the process at each. */
  readonly trace?: (point: string) => void;
}

export interface EngineLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}
