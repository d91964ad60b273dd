import type { RequestSource } from "./content.ts";

/** What Vault's policy says may be touched right now: nothing, or one path. */
export interface GateHold {
  readonly source: RequestSource;
  readonly requestId: string;
}

/** The gate's identity in Vault: it writes one policy and can do nothing else. */
export interface GatePolicy {
  /** Opens exactly this path for this request, and reads the policy back. */
  open(hold: GateHold): Promise<void>;
  close(): Promise<void>;
  isOpen(): Promise<boolean>;
  /** The number of the newest audit event that Vault remembers; 0 if none. */
  readMark(): Promise<number>;
  writeMark(seq: number): Promise<void>;
}
